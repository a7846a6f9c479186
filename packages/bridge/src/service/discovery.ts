import { encodeJson } from "../bot/bot-envelope.ts";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { CoreBus } from "../bus/bus-transport.ts";

/** Who a service is. */
export interface ServiceIdentity {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly startedAtMs: number;
}

/** An endpoint and what it has done. */
export interface EndpointState {
  readonly name: string;
  readonly subject: string;
  readonly queue: string;
  requests: number;
  errors: number;
  lastError: string;
  /** Nanoseconds in all. */
  workNs: number;
}

/**
 * Answers NATS' service discovery: PING, INFO and STATS for all services, for this one by name, and for this instance.
 *
 * @see "ADR-32: Service API", nats-architecture-and-design
 */
export async function announceService(
  bus: CoreBus,
  identity: ServiceIdentity,
  endpoints: readonly EndpointState[],
): Promise<readonly BusSubscription[]> {
  const { id, name, version, metadata, description, startedAtMs } = identity;
  const who = { name, id, version, metadata };
  const verbs: Readonly<Record<string, () => unknown>> = {
    PING: () => ({ type: "io.nats.micro.v1.ping_response", ...who }),
    INFO: () => ({
      type: "io.nats.micro.v1.info_response",
      ...who,
      description,
      endpoints: endpoints.map((each) => ({ ...describe(each), metadata: {} })),
    }),
    STATS: () => ({
      type: "io.nats.micro.v1.stats_response",
      ...who,
      started: new Date(startedAtMs).toISOString(),
      endpoints: endpoints.map((each) => ({
        ...describe(each),
        num_requests: each.requests,
        num_errors: each.errors,
        last_error: each.lastError,
        processing_time: each.workNs,
        average_processing_time: each.requests === 0 ? 0 : Math.round(each.workNs / each.requests),
      })),
    }),
  };
  const subscriptions: BusSubscription[] = [];
  for (const [verb, answer] of Object.entries(verbs)) {
    // Every instance answers, so each has a queue for itself.
    for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${id}`])
      subscriptions.push(await bus.respond(subject, async () => encodeJson(answer()), { queue: `discovery-${id}` }));
  }
  return subscriptions;
}

function describe({ name, subject, queue }: EndpointState) {
  return { name, subject, queue_group: queue };
}
