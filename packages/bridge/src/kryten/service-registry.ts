import { silentLogger, systemClock, type Clock, type Logger } from "@antiphon/std";
import { decodeLifecycle, discoveryPollSubject, lifecycleSubject } from "@antiphon/protocol/kryten";
import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import type { CoreBus } from "../bus/bus-transport.ts";

/** `stale` after three beats that did not come, `offline` after its own farewell. */
export type ServiceStatus = "online" | "stale" | "offline";

/** An instance of a service, as its announcements show it. */
export interface ServiceRecord {
  readonly name: string;
  /** Its own id; its host's name when it sends none, as kryten's services. */
  readonly instance: string;
  readonly version: string;
  readonly hostname: string;
  readonly status: ServiceStatus;
  /** Milliseconds since the Unix epoch, by this process' clock. */
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  readonly heartbeats: number;
  /** Why it left, when it said so. */
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Who is on the bus. */
export interface ServiceRegistry extends AsyncDisposable {
  /** All instances, or those of one service, in the order in which they came. */
  services(name?: string): readonly ServiceRecord[];
  /** Asks all services to announce themselves. */
  poll(): Promise<void>;
  /** Messages on lifecycle subjects that were none. */
  readonly malformed: number;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Options of {@link createServiceRegistry}. */
export interface ServiceRegistryOptions {
  readonly bus: CoreBus;
  /** How long a service may be silent before it is stale. Defaults to 90,000 ms: three beats. */
  readonly staleAfterMs?: number;
  /** The most instances that are kept; those that are silent longest give way. Defaults to 10,000. */
  readonly limit?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

type Kept = Omit<ServiceRecord, "status"> & { readonly gone: boolean };

/** Watches the lifecycle of all services, from now on; `poll` asks for those that are there already. */
export async function createServiceRegistry(options: ServiceRegistryOptions): Promise<ServiceRegistry> {
  const { bus, staleAfterMs = 90_000, limit = 10_000, clock = systemClock, logger = silentLogger } = options;
  const records = new Map<string, Kept>();
  let malformed = 0;

  const note = ({ subject, data }: BusMessage): void => {
    const event = subject.split(".").at(-1);
    let message: ReturnType<typeof decodeLifecycle>;
    try {
      message = decodeLifecycle(data);
    } catch (error) {
      malformed++;
      logger.debug("not a lifecycle event", { subject, error });
      return;
    }
    const { service: name, version, hostname, instance_id: instance = hostname, metadata = {}, reason } = message;
    const key = JSON.stringify([name, instance]);
    const known = records.get(key);
    const atMs = clock.now();
    // Whoever speaks last stands last, so that the first in the map is the one that has been silent longest.
    records.delete(key);
    records.set(key, {
      name,
      instance,
      version,
      hostname,
      firstSeenAtMs: known?.firstSeenAtMs ?? atMs,
      lastSeenAtMs: atMs,
      heartbeats: (known?.heartbeats ?? 0) + (event === "heartbeat" ? 1 : 0),
      reason,
      metadata,
      gone: event === "shutdown",
    });
    const [silent] = records.keys();
    if (records.size > limit && silent !== undefined) records.delete(silent);
  };

  const subscriptions: BusSubscription[] = [];
  for (const event of ["startup", "heartbeat", "shutdown"])
    subscriptions.push(await bus.listen(lifecycleSubject("*", event), note));

  const statusOf = ({ gone, lastSeenAtMs }: Kept): ServiceStatus => {
    if (gone) return "offline";
    return clock.now() - lastSeenAtMs > staleAfterMs ? "stale" : "online";
  };
  const registry: ServiceRegistry = {
    services(name) {
      const kept = [...records.values()].filter((record) => name === undefined || record.name === name);
      return kept
        .sort((left, right) => left.firstSeenAtMs - right.firstSeenAtMs)
        .map(({ gone, ...record }) => ({ ...record, status: statusOf({ gone, ...record }) }));
    },
    poll: () => bus.send(discoveryPollSubject, new Uint8Array()),
    get malformed() {
      return malformed;
    },
    async close() {
      await Promise.all(subscriptions.splice(0).map((subscription) => subscription.close()));
    },
    [Symbol.asyncDispose]: () => registry.close(),
  };
  return registry;
}
