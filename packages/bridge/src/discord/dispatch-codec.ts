import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Dispatch } from "@antiphon/protocol/discord";
import type { BusMessage } from "../bus/bus-message.ts";
import { MAXIMUM_MESSAGE_BYTES } from "../bus/bus-transport.ts";
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
  /** Of which division of the bot into shards the shard is one; see `Layout.generation`. Defaults to 0. */
  readonly generation?: number | undefined;
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
  readonly generation: number;
  readonly sessionId: string;
  readonly sequence: number;
  /** The payload as JSON. @throws an Error when it is broken */
  text(): string;
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

/** The name of a shard in subjects: its id, after a resharding `{generation}-{id}`. */
export function shardToken(shardId: number, generation = 0): string {
  return generation === 0 ? `${shardId}` : `${generation}-${shardId}`;
}

const SHARD_TOKEN = /^(?:(\d{1,9})-)?(\d{1,6})$/;

/** The subjects of one lane: `discord.{app}.{shard}.{event}.{lane}`, any event, and any shard or the one of this {@link shardToken}. */
export function laneSubjects(applicationId: string, lane: number, shard = "*"): string {
  return `${dispatchPrefix(applicationId)}.${shard}.*.${lane}`;
}

/** Where the owner of a shard takes commands. It is no part of the stream: a command is for now. */
export function commandSubject(applicationId: string, shardId: number, generation: number): string {
  return `discord-command.${subjectToken(applicationId)}.${shardToken(shardId, generation)}`;
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
  { prefix, shardId, generation, sessionId }: DispatchOrigin,
): DispatchMessage | undefined {
  const [{ type, sequence, lane, text }] = dispatches;
  const last = dispatches.at(-1)?.sequence ?? sequence;
  const shard = shardToken(shardId, generation);
  if (dispatches.length > 1) {
    const lines = dispatches.map((each) => `${each.type} ${each.sequence} ${each.text}`);
    const subject = `${prefix}.${shard}.${BATCH}.${lane}`;
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
    subject: `${prefix}.${shard}.${type}.${lane}`,
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
export function readDispatches(message: BusMessage): readonly ReceivedDispatch[] | undefined {
  const { subject, data, headers } = message;
  const [, , shard = "", type = "", lane] = subject.split(".");
  const id = readDispatchId(message.id);
  const [, generation = "0", shardId] = SHARD_TOKEN.exec(shard) ?? [];
  if (lane === undefined || shardId === undefined || id === undefined) return undefined;
  const { sessionId, last: sequence } = id;
  const origin = { shardId: Number(shardId), generation: Number(generation), sessionId };
  if (type === BATCH) return readBatch(data, origin);
  const text = () => {
    const isDeflated = headers[ENCODING_HEADER] === "deflate-raw";
    const plain = isDeflated ? inflateRawSync(data, { maxOutputLength: MAXIMUM_INFLATED_BYTES }) : data;
    return decoder.decode(plain);
  };
  return [{ type, ...origin, sequence, text, data: () => JSON.parse(text()) as unknown }];
}

function readBatch(
  data: Uint8Array,
  origin: Pick<ReceivedDispatch, "shardId" | "generation" | "sessionId">,
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
    const payload = () => line.slice(start.length);
    received.push({
      type,
      ...origin,
      sequence: Number(sequence),
      text: payload,
      data: () => JSON.parse(payload()) as unknown,
    });
  }
  return received;
}
