import { findFilterProblem, trackSchema, voiceStateSchema, type Filters } from "@antiphon/protocol/lavalink";
import { z } from "zod";
import type { QueueContents } from "./queue.ts";
import type { QueuedTrack } from "./track.ts";

const VERSION = 1;

const queuedTrackSchema = trackSchema.extend({ requesterId: z.string().nullable() });
const filtersSchema = z
  .record(z.string(), z.unknown())
  .refine((filters) => findFilterProblem(filters) === undefined)
  .transform((filters) => filters as Filters);

const storedPlayerSchema = z.object({
  version: z.literal(VERSION),
  guildId: z.string(),
  channelId: z.string(),
  selfDeaf: z.boolean(),
  /** The name of the node that plays. */
  node: z.string(),
  voice: voiceStateSchema.extend({ channelId: z.string() }).nullable(),
  volumePercent: z.number(),
  paused: z.boolean(),
  filters: z.array(z.tuple([z.string(), filtersSchema])),
  /** What plays, under the nonce by which its events are known. */
  playing: z.object({ nonce: z.string(), started: z.boolean(), track: queuedTrackSchema }).nullable(),
  positionMs: z.number(),
});

const storedQueueSchema = z.object({
  version: z.literal(VERSION),
  loop: z.enum(["off", "track", "queue"]),
  upcoming: z.array(queuedTrackSchema),
  /** The latest first. */
  history: z.array(queuedTrackSchema),
});

type Playing = { readonly nonce: string; readonly started: boolean; readonly track: QueuedTrack };
/** A player as it is kept for the next run of the process; its queue is kept beside it. */
export type StoredPlayer = Omit<z.output<typeof storedPlayerSchema>, "version" | "playing"> & {
  readonly playing: Playing | null;
};
/** A player's queue without what plays. */
export type StoredQueue = Omit<QueueContents, "current">;

/** The text that is kept. */
export function encodeStored(value: StoredPlayer | StoredQueue): string {
  return JSON.stringify({ version: VERSION, ...value });
}

/** Reads a kept player; undefined when the text is of another version or damaged. */
export function decodeStoredPlayer(text: string): StoredPlayer | undefined {
  return decode(storedPlayerSchema, text);
}

/** Reads a kept queue; undefined when the text is of another version or damaged. */
export function decodeStoredQueue(text: string): StoredQueue | undefined {
  return decode(storedQueueSchema, text);
}

function decode<Output>(schema: z.ZodType<Output>, text: string): Output | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Not even JSON.
  }
}
