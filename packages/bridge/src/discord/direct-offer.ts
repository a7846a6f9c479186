import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { BusMessage } from "../bus/bus-message.ts";
import { subjectToken } from "../bus/subject.ts";
import { readDispatches, shardToken, type DispatchMessage, type ReceivedDispatch } from "./dispatch-codec.ts";
import type { DispatchPosition } from "./lane-log.ts";

/** What a gateway says to the owner of a lane: dispatches that the stream has not brought there, or only a question. */
export interface DirectOffer {
  /** The shard's name; see `shardToken`. */
  readonly shard: string;
  /** The dispatches; none in a question. */
  readonly dispatches: readonly ReceivedDispatch[];
  /** The sequence of the dispatch of the same session that came before them in this lane. */
  readonly previous: number;
}

/** What the owner of a lane answers: how far it is with the shard. */
export interface DirectAnswer {
  /** The newest dispatch that it has begun to handle; of interactions, that it knows of. */
  readonly newest: DispatchPosition | null;
  /** The newest one that the stream brought. */
  readonly streamed: DispatchPosition | null;
  /** Whether the stream brought something to this lane just now. */
  readonly flowing: boolean;
}

const SHARD_HEADER = "Dispatch-Shard";
const SUBJECT_HEADER = "Dispatch-Subject";
const ID_HEADER = "Dispatch-Id";
const PREVIOUS_HEADER = "Dispatch-Previous";
const NOTHING = new Uint8Array();

const positionSchema = z.looseObject({
  sessionId: z.string().min(1).max(200),
  sequence: z.number().int().nonnegative(),
});
const answerSchema = z.looseObject({
  newest: positionSchema.nullable(),
  streamed: positionSchema.nullable(),
  flowing: z.boolean(),
});

/** Where a lane's owner takes offers. It is no part of the stream, which keeps the same dispatches anyway. */
export function directSubject(applicationId: string, lane: number): string {
  return `discord-direct.${subjectToken(applicationId)}.${lane}`;
}

/** An offer of a message as it would go into the stream, or without one the question how far the owner is. */
export function encodeOffer(
  shard: string,
  message?: DispatchMessage,
  previous = 0,
): Pick<BusMessage, "data" | "headers"> {
  if (message === undefined) return { data: NOTHING, headers: { [SHARD_HEADER]: shard } };
  const { subject, id, data } = message;
  const own = { [SUBJECT_HEADER]: subject, [ID_HEADER]: id, [PREVIOUS_HEADER]: String(previous) };
  return { data, headers: { ...message.headers, ...own, [SHARD_HEADER]: shard } };
}

/** Reads what {@link encodeOffer} wrote; undefined for anything else. */
export function readOffer(message: BusMessage): DirectOffer | undefined {
  const { headers } = message;
  const { [SHARD_HEADER]: shard, [SUBJECT_HEADER]: subject, [ID_HEADER]: id = "" } = headers;
  if (shard === undefined) return undefined;
  if (subject === undefined) return { shard, dispatches: [], previous: 0 };
  const previous = Number(headers[PREVIOUS_HEADER]);
  const dispatches = readDispatches({ ...message, subject, id });
  const isOfShard = (each: ReceivedDispatch) => shardToken(each.shardId, each.generation) === shard;
  if (!Number.isSafeInteger(previous) || dispatches?.every(isOfShard) !== true) return undefined;
  return { shard, dispatches, previous };
}

/** Writes a {@link DirectAnswer}. */
export function encodeAnswer(answer: DirectAnswer): Uint8Array {
  return encodeJson(answer);
}

/** Reads a {@link DirectAnswer}. @throws an Error for anything else */
export function readAnswer(data: Uint8Array): DirectAnswer {
  return answerSchema.parse(decodeJson(data));
}
