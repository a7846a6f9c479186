import type { SubscribeOptions } from "../bus/bus-stream.ts";
import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import type { BusTransport, CoreBus } from "../bus/bus-transport.ts";
import { rejectMessage } from "../bus/lane-runner.ts";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import { BridgeError } from "../error.ts";
import { patternOf, subjectOf, type EventContract, type SubjectParameters } from "./bus-contract.ts";
import { messageHeaders, nextTraceparent } from "./message-headers.ts";
import { describeMisfit } from "./misfit.ts";

/** Options of {@link publishEvent} and {@link sendEvent}. */
export interface EventOptions {
  /** The same id is published once. */
  readonly id: string;
  /** The step that this event belongs to; `nextTraceparent()` begins a trace. */
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Publishes a checked event into the stream; throws as `BusTransport.publish`, and BRIDGE_PAYLOAD_INVALID. */
export async function publishEvent<Template extends string, Payload>(
  bus: BusTransport,
  event: EventContract<Template, Payload>,
  parameters: SubjectParameters<Template>,
  payload: Payload,
  { id, traceparent, signal }: EventOptions,
): Promise<void> {
  const headers = traceHeaders(traceparent);
  await bus.publish(subjectOf(event.subject, parameters), encodeChecked(event, payload), { id, headers, signal });
}

/** Sends a checked event to whoever listens now; throws as `CoreBus.send`, and BRIDGE_PAYLOAD_INVALID. */
export function sendEvent<Template extends string, Payload>(
  bus: CoreBus,
  event: EventContract<Template, Payload>,
  parameters: SubjectParameters<Template>,
  payload: Payload,
  options: Partial<EventOptions> = {},
): Promise<void> {
  // One promise fewer than an async function has: this is where a busy service spends its time.
  try {
    const { id, traceparent, signal } = options;
    const headers = traceHeaders(traceparent);
    return bus.send(subjectOf(event.subject, parameters), encodeChecked(event, payload), { id, headers, signal });
  } catch (error) {
    return Promise.reject(error);
  }
}

function traceHeaders(traceparent: string | undefined): Readonly<Record<string, string>> | undefined {
  return traceparent === undefined ? undefined : { [messageHeaders.traceparent]: nextTraceparent(traceparent) };
}

/**
 * Calls the handler for each event that fits its schema. What does not fit is rejected: a dead letter of a durable subscription,
 * counted as abandoned in `bus.stats`.
 */
export function subscribeEvent<Template extends string, Payload>(
  bus: BusTransport,
  event: EventContract<Template, Payload>,
  parameters: Partial<SubjectParameters<Template>>,
  handler: (payload: Payload, message: BusMessage) => Promise<void> | void,
  options?: SubscribeOptions,
): Promise<BusSubscription> {
  const pattern = patternOf(event.subject, parameters);
  return bus.subscribe(pattern, (message) => handler(decodeChecked(event, message), message), options);
}

/** Calls the handler for each event that fits its schema, in order and while it listens; `onMalformed` is told of what does not fit. */
export function listenEvent<Template extends string, Payload>(
  bus: CoreBus,
  event: EventContract<Template, Payload>,
  parameters: Partial<SubjectParameters<Template>>,
  handler: (payload: Payload, message: BusMessage) => void,
  options: { readonly queue?: string; readonly onMalformed?: (message: BusMessage, error: unknown) => void } = {},
): Promise<BusSubscription> {
  const { onMalformed, ...rest } = options;
  const listener = (message: BusMessage) => {
    let payload: Payload;
    try {
      payload = decodeChecked(event, message);
    } catch (error) {
      return onMalformed?.(message, error);
    }
    handler(payload, message);
  };
  return bus.listen(patternOf(event.subject, parameters), listener, rest);
}

function encodeChecked<Payload>(event: EventContract<string, Payload>, payload: Payload): Uint8Array {
  const checked = event.schema.safeParse(payload);
  if (!checked.success) {
    throw new BridgeError(
      "BRIDGE_PAYLOAD_INVALID",
      `A message for ${event.subject} does not fit its schema: ${describeMisfit(checked.error)}`,
    );
  }
  return encodeJson(checked.data);
}

function decodeChecked<Payload>(event: EventContract<string, Payload>, message: BusMessage): Payload {
  let given: unknown;
  try {
    given = decodeJson(message.data);
  } catch {
    throw rejectMessage(`the one on ${message.subject} is no JSON`);
  }
  const checked = event.schema.safeParse(given);
  if (!checked.success)
    throw rejectMessage(`the one on ${message.subject} does not fit: ${describeMisfit(checked.error)}`);
  return checked.data;
}
