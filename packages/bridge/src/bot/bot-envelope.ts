import { z } from "zod";
import type { Reply } from "../service/reply.ts";

/** An event of a bot as it travels: a deterministic id, where and when it happened, and its data. */
export const botEventSchema = z.looseObject({
  /** Version of this envelope. */
  version: z.literal(1),
  id: z.string().min(1).max(200),
  /** The event's name: `trackStart`. */
  name: z.string().min(1).max(100),
  guildId: z.string().max(20).nullable(),
  /** Milliseconds since the Unix epoch. */
  occurredAtMs: z.number().int().nonnegative(),
  data: z.unknown(),
});

/** See {@link botEventSchema}. */
export type BotEvent = z.infer<typeof botEventSchema>;

/** The answer to a command, also as versions before it wrote it: `result` instead of `data`, and not a word on trying again. */
export const commandReplySchema = z.discriminatedUnion("ok", [
  z.looseObject({ ok: z.literal(true), data: z.unknown().optional(), result: z.unknown().optional() }),
  z.looseObject({
    ok: z.literal(false),
    error: z.looseObject({ code: z.string(), message: z.string(), retryable: z.boolean().default(false) }),
  }),
]);

/** The answer to a command: its data, or a code, a sentence, and whether it may succeed when it is given again. */
export type CommandReply = Reply;

/** Reads the answer to a command; throws for what is none. */
export function readCommandReply(bytes: Uint8Array): CommandReply {
  const reply = commandReplySchema.parse(decodeJson(bytes));
  return reply.ok ? { ok: true, data: reply.data ?? reply.result ?? null } : reply;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON as bytes. */
export function encodeJson(value: unknown): Uint8Array {
  // Twice as fast as a TextEncoder for the sizes of messages.
  return Buffer.from(JSON.stringify(value));
}

/** The value of JSON bytes; throws a SyntaxError or TypeError for anything else. */
export function decodeJson(data: Uint8Array): unknown {
  return JSON.parse(decoder.decode(data));
}
