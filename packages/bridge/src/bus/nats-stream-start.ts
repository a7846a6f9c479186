import { JetStreamApiError } from "@nats-io/jetstream";
import { NoRespondersError, RequestError, TimeoutError, type NatsConnection } from "@nats-io/transport-node";
import { createBackoff, systemClock, systemRandom, type Clock } from "@antiphon/std";

const NO_SUITABLE_PEERS = 10_005;
const NOT_AVAILABLE = 10_008;
const NOT_LEADER = 10_009;
const STREAM_NOT_FOUND = 10_059;
const STREAM_NAME_IN_USE = 10_058;
const SUBJECTS_OVERLAP = 10_065;
/** What JetStream says when there is no such stream. */
const MISSING = new Set([STREAM_NOT_FOUND]);
/** What a server says to the second of two who make the same stream at the same moment. */
const MADE_MEANWHILE = new Set([STREAM_NAME_IN_USE, SUBJECTS_OVERLAP]);

/**
 * What a cluster says that has no leader at the moment: it has just started and does not know its members yet, or it lost the server
 * that decided. It elects another one within seconds.
 */
const ELECTING = new Set([NO_SUITABLE_PEERS, NOT_AVAILABLE, NOT_LEADER]);

/** For how long a cluster may take to elect who decides, and a stream to be set up; on a busy machine both last seconds. */
const PATIENCE_MS = 30_000;
const PROBE_TIMEOUT_MS = 250;

const NOT_YET = [TimeoutError, RequestError, NoRespondersError];

/** How {@link findOrMake} and its like wait. */
export interface StreamStartOptions {
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

const hasCode = (error: unknown, codes: ReadonlySet<number>): boolean =>
  error instanceof JetStreamApiError && codes.has(error.code);

/** True for what a cluster without a leader answers; some questions it does not answer at all. */
const isElecting = (error: unknown): boolean => hasCode(error, ELECTING) || error instanceof TimeoutError;

/** Calls again after each failure that passes. */
async function callAgain<T>(
  call: () => Promise<T>,
  passes: (error: unknown) => boolean,
  { clock = systemClock, signal }: StreamStartOptions = {},
): Promise<T> {
  const endMs = clock.monotonicMs() + PATIENCE_MS;
  for (let backoff = createBackoff({ baseMs: 10, maximumMs: 250, random: systemRandom }); ; backoff = backoff.next()) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error) || clock.monotonicMs() >= endMs) throw error;
    }
    await clock.sleep(backoff.delayMs, { signal });
  }
}

/** Asks JetStream for something, again while the cluster elects who decides. */
export function untilElected<T>(ask: () => Promise<T>, options?: StreamStartOptions): Promise<T> {
  return callAgain(ask, isElecting, options);
}

/** Reads something, again while the cluster elects who decides; a server that does not answer at all is left to the caller. */
export function readThroughElection<T>(read: () => Promise<T>, options?: StreamStartOptions): Promise<T> {
  return callAgain(read, (error) => hasCode(error, ELECTING), options);
}

/**
 * Finds a stream, or makes it. Workers start together, so somebody else may be making it at this moment; the server then refuses
 * the second one with an error that says nothing of it, and the next look finds the stream.
 *
 * @param find - rejects with JetStream's "stream not found" when there is none
 */
export function findOrMake<T>(
  find: () => Promise<T>,
  make: () => Promise<T>,
  options?: StreamStartOptions,
): Promise<T> {
  const once = async () => {
    try {
      return await find();
    } catch (error) {
      if (!hasCode(error, MISSING)) throw error;
    }
    return await make();
  };
  return callAgain(once, (error) => hasCode(error, MADE_MEANWHILE) || isElecting(error), options);
}

/**
 * Waits until a stream that allows direct reads answers one. A server lists a stream before it has set it up, and until then swallows
 * what the stream is asked (nats-server 2.9 can even crash on it), so who did not make a stream itself must not use it at once.
 */
export async function untilStreamAnswers(
  connection: NatsConnection,
  stream: string,
  options?: StreamStartOptions,
): Promise<void> {
  // Any answer will do, "no such message" as well.
  const probe = () => connection.request(`$JS.API.DIRECT.GET.${stream}`, '{"seq":1}', { timeout: PROBE_TIMEOUT_MS });
  await callAgain(probe, (error) => NOT_YET.some((kind) => error instanceof kind), options);
}
