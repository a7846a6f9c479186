import { z } from "zod";
import { readCytubeFrame, type CytubeFrameName, type CytubeFrames } from "../cytube/index.ts";
import { KrytenError } from "./error.ts";
import { decodeJsonBytes, encodeJsonBytes } from "./json-bytes.ts";
import { formatKrytenTimestamp } from "./timestamp.ts";

/** What the robot publishes for each CyTube frame, as it is on the wire. */
export const krytenEventSchema = z.looseObject({
  /** CyTube's own spelling: `chatMsg`. The subject has it in lower case. */
  event_name: z.string().min(1),
  payload: z.unknown(),
  channel: z.string(),
  domain: z.string(),
  /** When the robot published it. */
  timestamp: z.string(),
  correlation_id: z.string(),
});

/** What every event has, whatever its payload. */
export interface KrytenEventBase {
  readonly channel: string;
  readonly domain: string;
  /** ISO 8601; when the robot published it. */
  readonly timestamp: string;
  /** kryten-robot draws a new one each time; our robot derives it from the message, so that a replay has the same one. */
  readonly correlationId: string;
}

/** An event whose payload is what CyTube promises under this name. */
export type TypedKrytenEvent<Name extends CytubeFrameName> = KrytenEventBase & {
  readonly known: true;
  readonly eventName: Name;
  readonly payload: CytubeFrames[Name];
};

/** An event of an unknown name, or with a payload of another shape. */
export interface RawKrytenEvent extends KrytenEventBase {
  readonly known: false;
  readonly eventName: string;
  readonly payload: unknown;
}

/** An event from a CyTube channel. */
export type KrytenEvent = { [Name in CytubeFrameName]: TypedKrytenEvent<Name> }[CytubeFrameName] | RawKrytenEvent;

/**
 * Reads an event from its bytes.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID when the bytes are no event
 */
export function decodeKrytenEvent(data: Uint8Array): KrytenEvent {
  const read = krytenEventSchema.safeParse(decodeJsonBytes(data));
  if (!read.success) {
    throw new KrytenError("KRYTEN_MESSAGE_INVALID", `This is no event: ${z.prettifyError(read.error)}`);
  }
  const { event_name, payload, channel, domain, timestamp, correlation_id } = read.data;
  const frame = readCytubeFrame(event_name, payload ?? null);
  const { known, name } = frame;
  return {
    known,
    eventName: name,
    payload: frame.payload,
    channel,
    domain,
    timestamp,
    correlationId: correlation_id,
  } as KrytenEvent;
}

/** What {@link encodeKrytenEvent} needs. */
export interface OutgoingKrytenEvent {
  readonly eventName: string;
  readonly payload: unknown;
  readonly channel: string;
  readonly domain: string;
  /** Milliseconds since the Unix epoch. */
  readonly publishedAtMs: number;
  readonly correlationId: string;
}

/** The bytes of an event, its keys in the order of kryten-robot. */
export function encodeKrytenEvent(event: OutgoingKrytenEvent): Uint8Array {
  return encodeJsonBytes({
    event_name: event.eventName,
    payload: event.payload ?? null,
    channel: event.channel,
    domain: event.domain,
    timestamp: formatKrytenTimestamp(event.publishedAtMs),
    correlation_id: event.correlationId,
  });
}
