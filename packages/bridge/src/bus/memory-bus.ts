import { silentLogger, systemClock, withSignal, type Clock, type Logger } from "@antiphon/std";
import { busClosed, checkHeaders, checkSize, noResponder, requestFailed, requestTimedOut } from "./bus-failure.ts";
import type { BusMessage, BusSubscription } from "./bus-message.ts";
import type { BusReply, BusStats, BusTransport } from "./bus-transport.ts";
import { checkDurable } from "./durable-name.ts";
import { createMemoryBuckets } from "./memory-key-value.ts";
import { createMemoryStream } from "./memory-stream.ts";
import { checkPattern, checkSubject, matchesSubject } from "./subject.ts";

/** Options of {@link createMemoryBus}. */
export interface MemoryBusOptions {
  /** How many published messages are kept for durable subscribers; the oldest give way. Defaults to 10,000. */
  readonly streamLimit?: number;
  readonly clock?: Clock;
  /** Told of dead letters, at warn. Defaults to silence. */
  readonly logger?: Logger;
}

interface Responder {
  readonly pattern: string;
  readonly queue: string;
  readonly handler: (message: BusMessage) => Promise<Uint8Array | BusReply | undefined>;
}

interface Listener {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly handler: (message: BusMessage) => void;
}

/** A bus inside this process: for a bot that is one process, and for tests. */
export function createMemoryBus(options: MemoryBusOptions = {}): BusTransport {
  const { streamLimit = 10_000, clock = systemClock, logger = silentLogger } = options;
  const responders = new Set<Responder>();
  const listeners = new Set<Listener>();
  const counts = {
    published: 0,
    sent: 0,
    delivered: 0,
    duplicates: 0,
    redelivered: 0,
    abandoned: 0,
    deadLetters: 0,
    repeated: 0,
    lost: 0,
    failedRequests: 0,
  };
  const buckets = createMemoryBuckets(clock, () => void counts.abandoned++);
  const stream = createMemoryStream({ limit: streamLimit, counts, clock, logger });
  let turn = 0;
  let closed = false;
  const ended = Promise.withResolvers<void>();

  const checkOpen = () => {
    if (closed) throw busClosed();
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
      if (given === undefined) return await new Promise<never>(() => {});
      return given instanceof Uint8Array ? given : given.data;
    } catch (error) {
      counts.failedRequests++;
      throw requestFailed(message.subject, error);
    }
  };

  const subscription = (end: () => Promise<void>): BusSubscription => ({ close: end, [Symbol.asyncDispose]: end });

  const bus: BusTransport = {
    async publish(subject, data, { id, headers, signal }) {
      checkOpen();
      checkSubject(subject);
      checkHeaders(headers, id);
      checkSize(data);
      signal?.throwIfAborted();
      const isNew = stream.append(subject, data, { id, ...(headers === undefined ? {} : { headers }) });
      if (isNew) tellListeners(passing(subject, data, id, headers));
    },
    async send(subject, data, { id = "", headers = {}, signal } = {}) {
      checkOpen();
      checkSubject(subject);
      checkHeaders(headers, id);
      checkSize(data);
      signal?.throwIfAborted();
      counts.sent++;
      const message = passing(subject, data, id, headers);
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
    async subscribe(pattern, handler, subscribeOptions = {}) {
      checkOpen();
      checkPattern(pattern);
      checkDurable(subscribeOptions.durable);
      return stream.subscribe(pattern, handler, subscribeOptions);
    },
    async newest(pattern) {
      checkOpen();
      checkPattern(pattern);
      return stream.newest(pattern);
    },
    durableState: stream.durableState,
    forgetDurable: stream.forgetDurable,
    deadLetters: stream.deadLetters,
    redrive: stream.redrive,
    async request(subject, data, { timeoutMs = 5_000, headers = {}, signal } = {}) {
      checkOpen();
      checkSubject(subject);
      checkHeaders(headers);
      checkSize(data);
      const message = passing(subject, data, "", headers);
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
    closed: ended.promise,
    get stats(): BusStats {
      return { ...counts, outboxSize: 0, outboxDropped: 0 };
    },
    async close() {
      closed = true;
      responders.clear();
      listeners.clear();
      await stream.close();
      ended.resolve();
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
  return bus;
}

/** A message that the bus hands on without keeping it. */
function passing(
  subject: string,
  data: Uint8Array,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): BusMessage {
  return {
    subject,
    data: new Uint8Array(data),
    headers: { ...headers },
    id,
    attempt: 1,
    sequence: 0,
    publishedAtMs: 0,
  };
}
