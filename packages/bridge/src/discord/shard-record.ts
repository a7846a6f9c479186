import type { ShardSession } from "@antiphon/protocol/discord";
import { z } from "zod";

/** How the bot is divided; the same for all of its processes. The first gateway writes it, and the others keep to it. */
export const layoutSchema = z.looseObject({
  shardCount: z.number().int().min(1).max(100_000),
  laneCount: z.number().int().min(1).max(1_024),
});

/** See {@link layoutSchema}. */
export type Layout = z.infer<typeof layoutSchema>;

/** The key of the layout in the table of shards. */
export const LAYOUT_KEY = "layout";

const sessionSchema = z.looseObject({
  id: z.string().min(1).max(200),
  resumeUrl: z.url({ protocol: /^wss?$/ }),
  sequence: z.number().int().nonnegative(),
});

const shardRecordSchema = z.looseObject({
  session: sessionSchema.optional(),
  userId: z.string().max(20).optional(),
  latencyMs: z.number().nonnegative().optional(),
});

/** What the owner of a shard writes down. */
export interface ShardRecord {
  /** Up to where the bus has the session's dispatches; never further, so that a resume after a crash misses nothing. */
  readonly session?: ShardSession | undefined;
  /** The bot's own user. */
  readonly userId?: string | undefined;
  readonly latencyMs?: number | undefined;
}

/** Reads a {@link ShardRecord}; what is none counts as empty. */
export function readShardRecord(data: unknown): ShardRecord {
  const parsed = shardRecordSchema.safeParse(data);
  return parsed.success ? parsed.data : {};
}

/** The key of a shard's lease. */
export function shardKey(shardId: number): string {
  return `shard.${shardId}`;
}

/** The name of one of an application's tables. */
export function tableName(applicationId: string, what: "shards" | "lanes" | "players" | "limits"): string {
  return `discord_${applicationId.replace(/[^\w-]/g, "_").slice(0, 100)}_${what}`;
}
