import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Dispatch } from "@antiphon/protocol/discord";
import { MAXIMUM_MESSAGE_BYTES, type BusMessage } from "../bus/bus-transport.ts";
import { subjectToken } from "../bus/subject.ts";
import { laneOf, laneKeyOf } from "./lane-key.ts";

/** A dispatch as a message of the bus. */
export interface DispatchMessage {
  readonly subject: string;
  /** `{session}:{sequence}`: what is replayed after a resume is no second message. */
  readonly id: string;
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** A dispatch that came by bus, not decoded yet. */
export interface ReceivedDispatch {
  readonly type: string;
  readonly shardId: number;
  readonly sequence: number;
  /** Decodes the payload. @throws an Error when it is broken */
  data(): unknown;
}

const COMPRESS_FROM_BYTES = 128 * 1024;
/** What a payload may inflate to: a hundred times the largest message would be no dispatch but a bomb. */
const MAXIMUM_INFLATED_BYTES = 64 * 1024 * 1024;
const ENCODING_HEADER = "Content-Encoding";
const NO_HEADERS = {};
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The tokens before the shard: `discord.{app}`. */
export function dispatchPrefix(applicationId: string): string {
  return `discord.${subjectToken(applicationId)}`;
}

/** All that a stream must keep of one application, or of all of them. */
export function dispatchSubjects(applicationId?: string): string {
  return applicationId === undefined ? "discord.>" : `${dispatchPrefix(applicationId)}.>`;
}

/** The subjects of one lane: `discord.{app}.{shard}.{event}.{lane}`, any shard and event. */
export function laneSubjects(applicationId: string, lane: number): string {
  return `${dispatchPrefix(applicationId)}.*.*.${lane}`;
}

/** Where a shard's owner takes commands. It is no part of the stream: a command is for now. */
export function commandSubject(applicationId: string, shardId: number): string {
  return `discord-command.${subjectToken(applicationId)}.${shardId}`;
}

/** Makes a message of a dispatch; undefined when the event's name cannot be a subject's token, or it is too large even compressed. */
export function encodeDispatch(
  { type, data, sequence, shardId }: Dispatch,
  context: { readonly prefix: string; readonly sessionId: string; readonly laneCount: number },
): DispatchMessage | undefined {
  if (!/^[A-Z0-9_]{1,64}$/.test(type)) return undefined;
  const lane = laneOf(laneKeyOf(data, shardId), context.laneCount);
  const plain = encoder.encode(JSON.stringify(data ?? null));
  const isLarge = plain.byteLength >= COMPRESS_FROM_BYTES;
  const bytes = isLarge ? deflateRawSync(plain, { level: 1 }) : plain;
  if (bytes.byteLength > MAXIMUM_MESSAGE_BYTES) return undefined;
  return {
    subject: `${context.prefix}.${shardId}.${type}.${lane}`,
    id: `${context.sessionId}:${sequence}`,
    data: bytes,
    headers: isLarge ? { [ENCODING_HEADER]: "deflate-raw" } : NO_HEADERS,
  };
}

/** Reads what {@link encodeDispatch} wrote; undefined for anything else. */
export function readDispatch({ subject, id, data, headers }: BusMessage): ReceivedDispatch | undefined {
  const [, , shard = "", type = "", lane] = subject.split(".");
  const sequence = id.slice(id.lastIndexOf(":") + 1);
  if (lane === undefined || !/^\d{1,6}$/.test(shard) || !/^\d{1,15}$/.test(sequence)) return undefined;
  return {
    type,
    shardId: Number(shard),
    sequence: Number(sequence),
    data() {
      const isDeflated = headers[ENCODING_HEADER] === "deflate-raw";
      const plain = isDeflated ? inflateRawSync(data, { maxOutputLength: MAXIMUM_INFLATED_BYTES }) : data;
      return JSON.parse(decoder.decode(plain)) as unknown;
    },
  };
}
