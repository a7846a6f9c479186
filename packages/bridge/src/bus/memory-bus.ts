import { systemClock, withSignal, type Clock } from "@antiphon/std";
import { busClosed, checkSize, noResponder, requestFailed, requestTimedOut } from "./bus-failure.ts";
import { createMemoryBuckets } from "./memory-key-value.ts";
import { checkPattern, checkSubject, matchesSubject } from "./subject.ts";
import {
  MAXIMUM_ATTEMPTS,
  type BusMessage,
  type BusStats,
  type BusSubscription,
  type BusTransport,
} from "./bus-transport.ts";

/** Options of {@link createMemoryBus}. */
export interface MemoryBusOptions {
  /** How many published messages are kept for durable subscribers; the oldest give way. Defaults to 10,000. */
  readonly streamLimit?: number;
  readonly clock?: Clock;
}

interface Stored extends Omit<BusMessage, "attempt"> {
  readonly sequence: number;
}

interface Consumer {
  readonly pattern: string;
  readonly handler: (message: BusMessage) => Promise<void> | void;
  readonly cursor: { next: number; busy: boolean };
  readonly durable: boolean;
  closed: boolean;
  idle: Promise<void>;
}

interface Responder {
  readonly pattern: string;
  readonly queue: string;
  readonly handler: (message: BusMessage) => Promise<Uint8Array | undefined>;
}

interface Listener {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly handler: (message: BusMessage) => void;
}

/** A bus inside this process: for a bot that is one process, and for tests. */
export function createMemoryBus(options: MemoryBusOptions = {}): BusTransport {
  const { streamLimit = 10_000, clock = systemClock } = options;
  const stream: Stored[] = [];
  const ids = new Set<string>();
  const cursors = new Map<string, Consumer["cursor"]>();
  const consumers = new Set<Consumer>();
  const responders = new Set<Responder>();
  const listeners = new Set<Listener>();
  const buckets = createMemoryBuckets();
  const counts = {
    published: 0,
    sent: 0,
    delivered: 0,
    duplicates: 0,
    redelivered: 0,
    abandoned: 0,
    lost: 0,
    failedRequests: 0,
  };
  let nextSequence = 1;
  let turn = 0;
  let closed = false;

  const checkOpen = () => {
    if (closed) throw busClosed();
  };

  const deliver = async (consumer: Consumer, stored: Stored): Promise<void> => {
    const { sequence: _, ...message } = stored;
    const attempts = consumer.durable ? MAXIMUM_ATTEMPTS : 1;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        await consumer.handler({ ...message, attempt });
        counts.delivered++;
        return;
      } catch {
        // The handler's failure is the subscriber's own affair; what the bus owes is another try, and the count.
        if (attempt === attempts) counts.abandoned++;
        else counts.redelivered++;
      }
    }
  };

  /** Runs one consumer until it has caught up. Consumers that share a durable cursor take turns at it. */
  const pump = (consumer: Consumer): void => {
    if (consumer.cursor.busy || consumer.closed) return;
    consumer.cursor.busy = true;
    consumer.idle = (async () => {
      while (!consumer.closed) {
        const first = stream[0]?.sequence ?? nextSequence;
        counts.lost += Math.max(0, first - consumer.cursor.next);
        const stored = stream[Math.max(0, consumer.cursor.next - first)];
        if (stored === undefined) break;
        consumer.cursor.next = stored.sequence + 1;
        if (matchesSubject(consumer.pattern, stored.subject)) await deliver(consumer, stored);
      }
      consumer.cursor.busy = false;
      for (const other of consumers) if (other !== consumer && other.cursor === consumer.cursor) pump(other);
    })();
  };

  /** One member of each queue that matches; everybody who is in none. */
  const reached = <Member extends { readonly pattern: string; readonly queue: string | undefined }>(
    members: Iterable<Member>,
    subject: string,
  ): readonly Member[] => {
    const queues = new Map<unknown, Member[]>();
    for (const member of members) {
      if (!matchesSubject(member.pattern, subject)) continue;
      const queue = member.queue ?? member;
      queues.set(queue, [...(queues.get(queue) ?? []), member]);
    }
    turn++;
    return [...queues.values()].map((each) => each[turn % each.length] as Member);
  };

  const tellListeners = (message: BusMessage): void => {
    for (const listener of reached(listeners, message.subject)) {
      queueMicrotask(() => {
        if (!listeners.has(listener)) return;
        try {
          listener.handler(message);
          counts.delivered++;
        } catch {
          // As on NATS: a listener's failure is its own, and there is nobody to give the message again.
          counts.abandoned++;
        }
      });
    }
  };

  const answer = async (responder: Responder, message: BusMessage): Promise<Uint8Array> => {
    try {
      const given = await responder.handler(message);
      // One that leaves the answer to others never answers.
      return given ?? (await new Promise<never>(() => {}));
    } catch (error) {
      counts.failedRequests++;
      throw requestFailed(message.subject, error);
    }
  };

  const subscription = (end: () => Promise<void>): BusSubscription => ({ close: end, [Symbol.asyncDispose]: end });

  const bus: BusTransport = {
    async publish(subject, data, { id, headers = {}, signal }) {
      checkOpen();
      checkSubject(subject);
      checkSize(data);
      signal?.throwIfAborted();
      if (ids.has(id)) {
        counts.duplicates++;
        return;
      }
      ids.add(id);
      counts.published++;
      stream.push({ subject, data: data.slice(), headers: { ...headers }, id, sequence: nextSequence++ });
      if (stream.length > streamLimit) ids.delete((stream.shift() as Stored).id);
      for (const consumer of consumers) pump(consumer);
      tellListeners({ subject, data: data.slice(), headers: { ...headers }, id, attempt: 1 });
    },
    async send(subject, data, { id = "", headers = {}, signal } = {}) {
      checkOpen();
      checkSubject(subject);
      checkSize(data);
      signal?.throwIfAborted();
      counts.sent++;
      const message = { subject, data: data.slice(), headers: { ...headers }, id, attempt: 1 };
      tellListeners(message);
      for (const responder of reached(responders, subject)) answer(responder, message).catch(() => {});
    },
    async listen(pattern, handler, { queue } = {}) {
      checkOpen();
      checkPattern(pattern);
      const listener = { pattern, queue, handler };
      listeners.add(listener);
      return subscription(async () => void listeners.delete(listener));
    },
    async subscribe(pattern, handler, { durable } = {}) {
      checkOpen();
      checkPattern(pattern);
      const known = durable === undefined ? undefined : cursors.get(durable);
      const cursor = known ?? { next: durable === undefined ? nextSequence : 1, busy: false };
      if (durable !== undefined) cursors.set(durable, cursor);
      const consumer: Consumer = {
        pattern,
        handler,
        cursor,
        durable: durable !== undefined,
        closed: false,
        idle: Promise.resolve(),
      };
      consumers.add(consumer);
      pump(consumer);
      return subscription(async () => {
        consumer.closed = true;
        consumers.delete(consumer);
        await consumer.idle;
      });
    },
    async request(subject, data, { timeoutMs = 5_000, headers = {}, signal } = {}) {
      checkOpen();
      checkSubject(subject);
      checkSize(data);
      const message = { subject, data: data.slice(), headers, id: "", attempt: 1 };
      tellListeners(message);
      // As on NATS: every queue gets the request, one responder of each, and the first answer counts.
      const answers = reached(responders, subject).map((responder) => answer(responder, message));
      if (answers.length === 0) throw noResponder(subject);
      for (const each of answers) each.catch(() => {});
      const timedOut = Promise.withResolvers<never>();
      using _timer = clock.setTimer(timeoutMs, () => timedOut.reject(requestTimedOut(subject, timeoutMs)));
      return await withSignal(Promise.race([...answers, timedOut.promise]), signal);
    },
    async respond(pattern, handler, { queue = "responders" } = {}) {
      checkOpen();
      checkPattern(pattern);
      const responder = { pattern, queue, handler };
      responders.add(responder);
      return subscription(async () => void responders.delete(responder));
    },
    async openKeyValue(bucket, keyValueOptions) {
      checkOpen();
      return buckets.open(bucket, keyValueOptions);
    },
    get connected() {
      return !closed;
    },
    get stats(): BusStats {
      return { ...counts, outboxSize: 0 };
    },
    async close() {
      closed = true;
      responders.clear();
      listeners.clear();
      const running = [...consumers];
      consumers.clear();
      for (const consumer of running) consumer.closed = true;
      await Promise.all(running.map((consumer) => consumer.idle));
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
  return bus;
}
