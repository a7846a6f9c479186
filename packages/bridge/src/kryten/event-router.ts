import {
  decodeKrytenEvent,
  eventSubjectPattern,
  normalizeSubjectToken,
  parseKrytenTimestamp,
  type KrytenEvent,
} from "@antiphon/protocol/kryten";
import type { Clock, Logger } from "@antiphon/std";
import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import type { CoreBus } from "../bus/bus-transport.ts";
import type { EventLanes } from "./event-lanes.ts";

/** Which events a handler wants. */
export interface KrytenEventFilter {
  /** Defaults to every configured channel. */
  readonly channel?: string;
  /** Defaults to every configured domain. */
  readonly domain?: string;
  /** Events of one key are handled in order, those of different keys side by side. Defaults to one key per channel. */
  readonly key?: (event: KrytenEvent) => string;
}

/** Counters of an {@link EventRouter}. */
export interface EventRouterStats {
  readonly received: number;
  /** Messages on event subjects that were no events. */
  readonly malformed: number;
  /** Events that came under an id that was seen already. */
  readonly duplicates: number;
  /** The mean time from the robot's timestamp to this process, in milliseconds; 0 before the first event. */
  readonly averageLatencyMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly lastEventAtMs: number | undefined;
}

/** Brings events to handlers. */
export interface EventRouter {
  /** Adds a handler; `*` for every name. */
  add(
    name: string,
    filter: KrytenEventFilter,
    handler: (event: KrytenEvent, context: { readonly signal: AbortSignal }) => Promise<void> | void,
  ): Disposable;
  /** Subscribes for every handler, those added later included, until `stop`. */
  start(bus: CoreBus): Promise<void>;
  stop(): Promise<void>;
  readonly handlers: number;
  readonly stats: EventRouterStats;
}

/** Options of {@link createEventRouter}. */
export interface EventRouterOptions {
  readonly channels: readonly { readonly domain: string; readonly channel: string }[];
  readonly lanes: EventLanes;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Registration {
  readonly id: number;
  readonly pattern: string;
  readonly filter: KrytenEventFilter;
  readonly handler: (event: KrytenEvent, context: { readonly signal: AbortSignal }) => Promise<void> | void;
}

/** How many ids of events are remembered to tell a second delivery. */
const REMEMBERED_IDS = 8_192;

/** Builds an {@link EventRouter}. */
export function createEventRouter({ channels, lanes, clock, logger }: EventRouterOptions): EventRouter {
  const registrations = new Set<Registration>();
  const subscriptions = new Map<string, Promise<BusSubscription>>();
  const targets = new Set(channels.map(({ domain, channel }) => target(domain, channel)));
  let bus: CoreBus | undefined;
  let nextId = 0;
  const stats = { received: 0, malformed: 0, duplicates: 0, lastEventAtMs: undefined as number | undefined };
  let latencySumMs = 0;
  let latencies = 0;

  const wants = ({ filter }: Registration, event: KrytenEvent): boolean => {
    if (!targets.has(target(event.domain, event.channel))) return false;
    if (filter.channel !== undefined && token(filter.channel) !== token(event.channel)) return false;
    return filter.domain === undefined || filter.domain.toLowerCase() === event.domain.toLowerCase();
  };

  const read = (message: BusMessage, seen: Set<string>): KrytenEvent | undefined => {
    if (message.id !== "") {
      if (seen.has(message.id)) {
        stats.duplicates++;
        return undefined;
      }
      seen.add(message.id);
      const [oldest] = seen;
      if (seen.size > REMEMBERED_IDS && oldest !== undefined) seen.delete(oldest);
    }
    try {
      return decodeKrytenEvent(message.data);
    } catch (error) {
      stats.malformed++;
      logger.debug("not an event", { subject: message.subject, error });
      return undefined;
    }
  };

  const note = (event: KrytenEvent): void => {
    const nowMs = clock.now();
    stats.received++;
    stats.lastEventAtMs = nowMs;
    const publishedAtMs = parseKrytenTimestamp(event.timestamp);
    if (publishedAtMs === undefined) return;
    latencySumMs += Math.max(0, nowMs - publishedAtMs);
    latencies++;
  };

  const keyOf = ({ filter }: Registration, event: KrytenEvent): string => {
    const whole = target(event.domain, event.channel);
    try {
      return filter.key?.(event) ?? whole;
    } catch (error) {
      // The event is still the handler's, and that of the handlers behind it.
      logger.error("the key of an event could not be found", { event: event.eventName, error });
      return whole;
    }
  };

  const subscribe = (pattern: string, on: CoreBus): void => {
    if (subscriptions.has(pattern)) return;
    const seen = new Set<string>();
    const listening = on.listen(pattern, (message) => {
      const event = read(message, seen);
      if (event === undefined) return;
      note(event);
      for (const registration of registrations) {
        if (registration.pattern !== pattern || !wants(registration, event)) continue;
        lanes.push(`${registration.id} ${keyOf(registration, event)}`, (signal) =>
          registration.handler(event, { signal }),
        );
      }
    });
    listening.catch((error: unknown) => logger.error("cannot listen for events", { pattern, error }));
    subscriptions.set(pattern, listening);
  };

  return {
    add(name, filter, handler) {
      const pattern = eventSubjectPattern({
        ...(filter.channel === undefined ? {} : { channel: filter.channel }),
        ...(name === "*" ? {} : { eventName: name }),
      });
      const registration = { id: nextId++, pattern, filter, handler };
      registrations.add(registration);
      if (bus !== undefined) subscribe(pattern, bus);
      return { [Symbol.dispose]: () => void registrations.delete(registration) };
    },
    async start(startedBus) {
      bus = startedBus;
      for (const { pattern } of registrations) subscribe(pattern, startedBus);
      await Promise.all(subscriptions.values());
    },
    async stop() {
      bus = undefined;
      const settled = await Promise.allSettled(subscriptions.values());
      subscriptions.clear();
      const standing = settled.filter((each) => each.status === "fulfilled");
      await Promise.all(standing.map(({ value }) => value.close()));
    },
    get handlers() {
      return registrations.size;
    },
    get stats() {
      return { ...stats, averageLatencyMs: latencies === 0 ? 0 : latencySumMs / latencies };
    },
  };
}

function token(text: string): string {
  return normalizeSubjectToken(text);
}

function target(domain: string, channel: string): string {
  return `${domain.toLowerCase()} ${token(channel)}`;
}
