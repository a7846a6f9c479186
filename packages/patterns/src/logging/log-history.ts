import type { LogLevel } from "./log-level.ts";
import { levelNumbers } from "./log-level.ts";
import type { LogRecord } from "./log-record.ts";

/** Which records a query returns; without anything, all that are kept. */
export interface LogQuery {
  /** Only records of this level or graver. */
  readonly minimumLevel?: LogLevel;
  /** Only records whose field `eventType` is this. */
  readonly eventType?: string;
  /** Only records from this moment on, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number;
  /** Only records whose message contains this. */
  readonly text?: string;
  /** At most this many, the newest. */
  readonly limit?: number;
}

/** The last records of a logger, in a ring. */
export interface LogHistory {
  add(record: LogRecord): void;
  query(query: LogQuery): readonly LogRecord[];
  readonly dropped: number;
}

/** Builds a {@link LogHistory} of at most `limit` records. */
export function createLogHistory(limit: number): LogHistory {
  const ring: LogRecord[] = [];
  let next = 0;
  let added = 0;
  return {
    add(record) {
      ring[next] = record;
      next = next + 1 === limit ? 0 : next + 1;
      added++;
    },
    query({ minimumLevel = "trace", eventType, sinceMs = 0, text = "", limit: most = limit }) {
      const fits = ({ level, fields, atMs, message }: LogRecord) =>
        levelNumbers[level] >= levelNumbers[minimumLevel] &&
        atMs >= sinceMs &&
        message.includes(text) &&
        (eventType === undefined || fields["eventType"] === eventType);
      const found = [...ring.slice(next), ...ring.slice(0, next)].filter(fits);
      return found.slice(Math.max(0, found.length - most));
    },
    get dropped() {
      return added - ring.length;
    },
  };
}
