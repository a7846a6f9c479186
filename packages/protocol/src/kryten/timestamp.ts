/**
 * A moment as kryten writes it: ISO 8601 with microseconds and `+00:00`. Never `Z`, which Python 3.10's `fromisoformat` refuses,
 * whereupon kryten-robot drops the message.
 *
 * @param atMs milliseconds since the Unix epoch, fractions allowed
 */
export function formatKrytenTimestamp(atMs: number): string {
  const totalMicroseconds = Math.round(atMs * 1000);
  const wholeMs = Math.floor(totalMicroseconds / 1000);
  const microseconds = totalMicroseconds - wholeMs * 1000;
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(microseconds).padStart(3, "0")}+00:00`;
}

/** Milliseconds since the Unix epoch of a timestamp with any offset; undefined when it is none. */
export function parseKrytenTimestamp(text: string): number | undefined {
  const parsedMs = Date.parse(text);
  return Number.isNaN(parsedMs) ? undefined : parsedMs;
}
