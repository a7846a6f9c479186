import { JetStreamApiError, type JetStreamManager } from "@nats-io/jetstream";
import { withoutMarks } from "./bus-stream.ts";
import type { BusMessage } from "./bus-message.ts";
import { fromNatsHeaders } from "./nats-connection.ts";
import { readThroughElection } from "./nats-stream-start.ts";

/** Where the stream has a message that was too large to be carried again with what is to be said of it. */
export interface Origin {
  readonly sequence: number;
  /** Tells it from another message of that number in a stream that was made anew. */
  readonly publishedAtMs: number;
}

/** What a message says and how it was called, without what the bus says of it. */
export type OriginContent = Pick<BusMessage, "subject" | "id" | "headers" | "data">;

const ORIGIN_HEADER = "Antiphon-Origin";
/** There is no such consumer, or no such message. */
const MISSING = new Set([10_014, 10_037]);

/** The header that stands in the place of a message's data and headers. */
export function originHeaders({ sequence, publishedAtMs }: Origin): Record<string, string> {
  return { [ORIGIN_HEADER]: `${sequence} ${publishedAtMs}` };
}

/** Where the content of a message is, if not in itself. */
export function originOf(headers: BusMessage["headers"]): Origin | undefined {
  const found = /^(\d{1,15}) (\d{1,15})$/.exec(headers[ORIGIN_HEADER] ?? "");
  return found === null ? undefined : { sequence: Number(found[1]), publishedAtMs: Number(found[2]) };
}

/** Reads what is at an origin, on the stream's leader; undefined when the stream has it no longer. */
export async function readOrigin(
  manager: JetStreamManager,
  streamName: string,
  { sequence, publishedAtMs }: Origin,
  signal: AbortSignal | undefined,
): Promise<OriginContent | undefined> {
  const read = () => unlessMissing(manager.streams.getMessage(streamName, { seq: sequence }));
  const stored = await readThroughElection(read, { signal });
  // The client rounds the nanoseconds of the one and cuts those of the other.
  if (stored === undefined || stored === null || Math.abs(stored.time.getTime() - publishedAtMs) > 1) return undefined;
  const { subject, data } = stored;
  // It may have been redriven itself; for whom is known already.
  const { id, headers } = withoutMarks(fromNatsHeaders(() => stored.header));
  const { [ORIGIN_HEADER]: _origin, ...own } = headers;
  return { subject, data, id, headers: own };
}

/** Undefined for what JetStream does not have. */
export async function unlessMissing<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof JetStreamApiError && MISSING.has(error.code)) return undefined;
    throw error;
  }
}
