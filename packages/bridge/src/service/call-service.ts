import { systemClock, type Clock } from "@antiphon/std";
import type { z } from "zod";
import type { CoreBus } from "../bus/bus-transport.ts";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import { BridgeError } from "../error.ts";
import { subjectOf, type RequestContract, type SubjectParameters } from "./bus-contract.ts";
import { deadlineHeader, messageHeaders, nextTraceparent } from "./message-headers.ts";
import { describeMisfit } from "./misfit.ts";
import { replySchema } from "./reply.ts";

/** Options of {@link callService}. */
export interface CallOptions {
  /** How long the answer is waited for, and the work may take. Defaults to 5,000 ms. */
  readonly timeoutMs?: number | undefined;
  /** Makes a repeated call harmless: the same key gets the same answer, and the work is done once. */
  readonly idempotencyKey?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Asks a service. What leaves and what comes back is checked.
 *
 * @throws BridgeError BRIDGE_PAYLOAD_INVALID, BRIDGE_NO_RESPONDER, BRIDGE_REQUEST_TIMED_OUT, BRIDGE_REQUEST_FAILED, and
 * BRIDGE_REQUEST_REFUSED with the service's own code in `details.serviceCode`
 */
export async function callService<Template extends string, Question, Answer>(
  bus: CoreBus,
  request: RequestContract<Template, Question, Answer>,
  parameters: SubjectParameters<Template>,
  question: Question,
  options: CallOptions = {},
): Promise<Answer> {
  const { timeoutMs = 5_000, idempotencyKey, traceparent, signal, clock = systemClock } = options;
  const subject = subjectOf(request.subject, parameters);
  const asked = fit(request.question, question, `The question for ${subject}`);
  const data = await bus.request(subject, encodeJson(asked), {
    timeoutMs,
    signal,
    headers: {
      [messageHeaders.deadline]: deadlineHeader(clock, timeoutMs),
      [messageHeaders.traceparent]: nextTraceparent(traceparent),
      ...(idempotencyKey === undefined ? {} : { [messageHeaders.idempotencyKey]: idempotencyKey }),
    },
  });
  const reply = fit(replySchema, readJson(data), `The answer of ${subject}`);
  if (reply.ok) return fit(request.answer, reply.data, `The answer of ${subject}`);
  const { code, message, retryable } = reply.error;
  throw new BridgeError("BRIDGE_REQUEST_REFUSED", `${subject} refused: ${message}`, {
    retryable,
    details: { serviceCode: code },
  });
}

function readJson(data: Uint8Array): unknown {
  try {
    return decodeJson(data);
  } catch {
    return undefined;
  }
}

function fit<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new BridgeError("BRIDGE_PAYLOAD_INVALID", `${what} does not fit its schema: ${describeMisfit(checked.error)}`);
}
