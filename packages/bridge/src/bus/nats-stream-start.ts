import { JetStreamApiError } from "@nats-io/jetstream";
import { NoRespondersError, RequestError, TimeoutError, type NatsConnection } from "@nats-io/transport-node";
import { createBackoff, systemClock, systemRandom, type Clock } from "@antiphon/std";

const STREAM_NOT_FOUND = 10_059;
const STREAM_NAME_IN_USE = 10_058;
const SUBJECTS_OVERLAP = 10_065;
/** What a server says to the second of two who make the same stream at the same moment. */
const MADE_MEANWHILE = new Set([STREAM_NAME_IN_USE, SUBJECTS_OVERLAP]);

/** For how long a stream may take until it is set up. */
const SETUP_MS = 5_000;
const PROBE_TIMEOUT_MS = 250;

const NOT_YET = [TimeoutError, RequestError, NoRespondersError];

const backoffOf = () => createBackoff({ baseMs: 10, maximumMs: 250, random: systemRandom });

/** True for an answer of JetStream that there is no such stream. */
const isStreamMissing = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;

/**
 * Finds a stream, or makes it. Workers start together, so somebody else may be making it at this moment; the server then refuses
 * the second one with an error that says nothing of it, and the next look finds the stream.
 *
 * @param find - rejects with JetStream's "stream not found" when there is none
 */
export async function findOrMake<T>(
  find: () => Promise<T>,
  make: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const endMs = clock.monotonicMs() + SETUP_MS;
  for (let backoff = backoffOf(); ; backoff = backoff.next()) {
    try {
      return await find();
    } catch (error) {
      if (!isStreamMissing(error)) throw error;
    }
    try {
      return await make();
    } catch (error) {
      const madeMeanwhile = error instanceof JetStreamApiError && MADE_MEANWHILE.has(error.code);
      if (!madeMeanwhile || clock.monotonicMs() >= endMs) throw error;
      await clock.sleep(backoff.delayMs);
    }
  }
}

/**
 * Waits until a stream that allows direct reads answers one. A server lists a stream before it has set it up, and until then swallows
 * what the stream is asked (nats-server 2.9 can even crash on it), so who did not make a stream itself must not use it at once.
 */
export async function untilStreamAnswers(
  connection: NatsConnection,
  stream: string,
  clock: Clock = systemClock,
): Promise<void> {
  const endMs = clock.monotonicMs() + SETUP_MS;
  for (let backoff = backoffOf(); ; backoff = backoff.next()) {
    try {
      // Any answer will do, "no such message" as well.
      await connection.request(`$JS.API.DIRECT.GET.${stream}`, '{"seq":1}', { timeout: PROBE_TIMEOUT_MS });
      return;
    } catch (error) {
      if (!NOT_YET.some((kind) => error instanceof kind) || clock.monotonicMs() >= endMs) throw error;
      await clock.sleep(backoff.delayMs);
    }
  }
}
