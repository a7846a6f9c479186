import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Dispatch } from "@antiphon/protocol/discord";
import { MAXIMUM_MESSAGE_BYTES, type BusMessage } from "../bus/bus-transport.ts";
import { subjectToken } from "../bus/subject.ts";
import { laneOf, laneKeyOf } from "./lane-key.ts";

/** A dispatch on its way to a lane. */
export interface EncodedDispatch {
  readonly type: string;
  readonly sequence: number;
  readonly lane: number;
  /** Its payload as JSON. */
  readonly text: string;
}

/** Where the dispatches of a message come from. */
export interface DispatchOrigin {
  readonly prefix: string;
  readonly shardId: number;
  readonly sessionId: string;
}

/** One dispatch, or several of a lane, as a message of the bus. */
export interface DispatchMessage {
  readonly subject: string;
  /** `{session}:{sequence}`, or `{session}:{first}-{last}`: what is replayed after a resume is no second message. */
  readonly id: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A dispatch that came by bus, not decoded yet. */
export interface ReceivedDispatch {
  readonly type: string;
  readonly shardId: number;
  readonly sessionId: string;
  readonly sequence: number;
  /** Decodes the payload. @throws an Error when it is broken */
  data(): unknown;
}

/** The event of a message that carries several dispatches. */
const BATCH = "BATCH";
const EVENT_NAME = /^[A-Z0-9_]{1,64}$/;
/** One dispatch of several: its name, its sequence, its payload. JSON has no line breaks of its own. */
const BATCH_LINE = /^([A-Z0-9_]{1,64}) (\d{1,15}) /;
const COMPRESS_FROM_BYTES = 128 * 1024;
/** What a payload may inflate to: a hundred times the largest message would be no dispatch but a bomb. */
const MAXIMUM_INFLATED_BYTES = 64 * 1024 * 1024;
const ENCODING_HEADER = "Content-Encoding";
const NO_HEADERS = {};
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The tokens before the shard: `discord.{app}`. */
export function dispatchPrefix(applicationId: string): string {
  return `discord.${subjectToken(applicationId)}`;
}

/** All that a stream must keep of one application, or of all of them. */
export function dispatchSubjects(applicationId?: string): string {
  return applicationId === undefined ? "discord.>" : `${dispatchPrefix(applicationId)}.>`;
}

/** The subjects of one lane: `discord.{app}.{shard}.{event}.{lane}`, any event, and any shard or this one. */
export function laneSubjects(applicationId: string, lane: number, shardId: number | "*" = "*"): string {
  return `${dispatchPrefix(applicationId)}.${shardId}.*.${lane}`;
}

/** Where a shard's owner takes commands. It is no part of the stream: a command is for now. */
export function commandSubject(applicationId: string, shardId: number): string {
  return `discord-command.${subjectToken(applicationId)}.${shardId}`;
}

/** Encodes a dispatch; undefined when the event's name cannot be a subject's token. */
export function encodeDispatch(
  { type, data, sequence, shardId }: Dispatch,
  laneCount: number,
): EncodedDispatch | undefined {
  if (!EVENT_NAME.test(type) || type === BATCH) return undefined;
  const lane = laneOf(laneKeyOf(data, shardId), laneCount);
  return { type, sequence, lane, text: JSON.stringify(data ?? null) };
}

/** Makes a message of dispatches of one lane; undefined when a single one is too large even compressed. */
export function packDispatches(
  dispatches: readonly [EncodedDispatch, ...EncodedDispatch[]],
  { prefix, shardId, sessionId }: DispatchOrigin,
): DispatchMessage | undefined {
  const [{ type, sequence, lane, text }] = dispatches;
  const last = dispatches.at(-1)?.sequence ?? sequence;
  if (dispatches.length > 1) {
    const lines = dispatches.map((each) => `${each.type} ${each.sequence} ${each.text}`);
    const subject = `${prefix}.${shardId}.${BATCH}.${lane}`;
    return {
      subject,
      id: `${sessionId}:${sequence}-${last}`,
      data: Buffer.from(lines.join("\n")),
      headers: NO_HEADERS,
    };
  }
  const plain = Buffer.from(text);
  const isLarge = plain.byteLength >= COMPRESS_FROM_BYTES;
  const data = isLarge ? deflateRawSync(plain, { level: 1 }) : plain;
  if (data.byteLength > MAXIMUM_MESSAGE_BYTES) return undefined;
  return {
    subject: `${prefix}.${shardId}.${type}.${lane}`,
    id: `${sessionId}:${sequence}`,
    data,
    headers: isLarge ? { [ENCODING_HEADER]: "deflate-raw" } : NO_HEADERS,
  };
}

/** The session of a message's dispatches and the sequence of the last one; undefined for what is no dispatch. */
export function readDispatchId(id: string): { readonly sessionId: string; readonly last: number } | undefined {
  const [, sessionId, last] = /^(.+):(?:\d{1,15}-)?(\d{1,15})$/.exec(id) ?? [];
  return sessionId === undefined ? undefined : { sessionId, last: Number(last) };
}

/** Reads what {@link packDispatches} wrote; undefined for anything else. */
export function readDispatches({ subject, id, data, headers }: BusMessage): readonly ReceivedDispatch[] | undefined {
  const [, , shard = "", type = "", lane] = subject.split(".");
  const origin = readDispatchId(id);
  if (lane === undefined || !/^\d{1,6}$/.test(shard) || origin === undefined) return undefined;
  const { sessionId, last: sequence } = origin;
  const shardId = Number(shard);
  if (type === BATCH) return readBatch(data, { shardId, sessionId });
  const parse = () => {
    const isDeflated = headers[ENCODING_HEADER] === "deflate-raw";
    const plain = isDeflated ? inflateRawSync(data, { maxOutputLength: MAXIMUM_INFLATED_BYTES }) : data;
    return JSON.parse(decoder.decode(plain)) as unknown;
  };
  return [{ type, shardId, sessionId, sequence, data: parse }];
}

function readBatch(
  data: Uint8Array,
  origin: Pick<ReceivedDispatch, "shardId" | "sessionId">,
): readonly ReceivedDispatch[] | undefined {
  const received: ReceivedDispatch[] = [];
  let text: string;
  try {
    text = decoder.decode(data);
  } catch {
    return undefined;
  }
  for (const line of text.split("\n")) {
    const [start, type, sequence] = BATCH_LINE.exec(line) ?? [];
    if (start === undefined || type === undefined) return undefined;
    const parse = () => JSON.parse(line.slice(start.length)) as unknown;
    received.push({ type, ...origin, sequence: Number(sequence), data: parse });
  }
  return received;
}
