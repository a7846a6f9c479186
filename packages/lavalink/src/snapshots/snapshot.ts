import { createHash } from "node:crypto";
import { findFilterProblem, trackSchema, type Filters } from "@antiphon/protocol/lavalink";
import { z } from "zod";
import { LavalinkError } from "../error.ts";
import type { Player } from "../player.ts";
import type { QueuedTrack } from "../track.ts";

/** The version of the form in which snapshots are written. */
export const SNAPSHOT_VERSION = 1;

const queuedTrackSchema = trackSchema.extend({ requesterId: z.string().nullable() });
const filtersSchema = z
  .record(z.string(), z.unknown())
  .refine((filters) => findFilterProblem(filters) === undefined, "a filter is out of range")
  .transform((filters) => filters as Filters);

const snapshotSchema = z.object({
  version: z.literal(SNAPSHOT_VERSION),
  guildId: z.string(),
  channelId: z.string(),
  takenMs: z.number(),
  current: queuedTrackSchema.nullable(),
  positionMs: z.number().min(0),
  paused: z.boolean(),
  volumePercent: z.int().min(0).max(1000),
  loop: z.enum(["off", "track", "queue"]),
  upcoming: z.array(queuedTrackSchema),
  history: z.array(queuedTrackSchema),
  filters: z.array(z.tuple([z.string(), filtersSchema])),
});

/** Everything that a player is: what plays and where, the queue, volume, loop and filters. Plain data without secrets. */
export type SessionSnapshot = Readonly<Omit<z.output<typeof snapshotSchema>, "current" | "upcoming" | "history">> & {
  readonly current: QueuedTrack | null;
  readonly upcoming: readonly QueuedTrack[];
  /** The latest first. */
  readonly history: readonly QueuedTrack[];
};

const fileSchema = z.object({ checksum: z.string(), snapshot: z.unknown() });

/** A player as it is at this moment, which is `nowMs` in milliseconds since the Unix epoch. Nothing is sent or written. */
export function takeSnapshot(player: Player, nowMs: number): SessionSnapshot {
  const { queue } = player;
  return {
    version: SNAPSHOT_VERSION,
    guildId: player.guildId,
    channelId: player.channelId,
    takenMs: nowMs,
    current: player.current,
    positionMs: player.positionMs,
    paused: player.paused,
    volumePercent: player.volumePercent,
    loop: queue.loop,
    upcoming: queue.upcoming(),
    history: queue.history(),
    filters: [...player.filters.layers],
  };
}

/** The text of a snapshot's file: the snapshot and the SHA-256 of its JSON. */
export function encodeSnapshot(snapshot: SessionSnapshot): string {
  return JSON.stringify({ checksum: checksumOf(snapshot), snapshot });
}

/** Reads a snapshot's file. Throws `LAVALINK_SNAPSHOT_CORRUPT` for what is damaged, and `LAVALINK_SNAPSHOT_VERSION` for another version. */
export function decodeSnapshot(text: string, where: string): SessionSnapshot {
  const file = fileSchema.safeParse(parseJson(text));
  if (!file.success) throw corrupt(where, "it is not a snapshot's file");
  const { checksum, snapshot } = file.data;
  if (checksum !== checksumOf(snapshot)) throw corrupt(where, "its checksum does not fit");
  const { version } = z.looseObject({ version: z.unknown() }).catch({ version: undefined }).parse(snapshot);
  if (version !== SNAPSHOT_VERSION) {
    const message = `load: ${where} is a snapshot of version ${String(version)}, and this is version ${SNAPSHOT_VERSION}. Restore it with the release that wrote it.`;
    throw new LavalinkError("LAVALINK_SNAPSHOT_VERSION", message, { details: { where, version } });
  }
  const parsed = snapshotSchema.safeParse(snapshot);
  if (!parsed.success) throw corrupt(where, z.prettifyError(parsed.error));
  return parsed.data;
}

function checksumOf(snapshot: unknown): string {
  return createHash("sha256").update(JSON.stringify(snapshot)).digest("hex");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Said by the schema.
  }
}

function corrupt(where: string, why: string): LavalinkError {
  const message = `load: ${where} cannot be used: ${why}. Use the snapshot before it.`;
  return new LavalinkError("LAVALINK_SNAPSHOT_CORRUPT", message, { details: { where } });
}
