import type { ShardSession } from "@antiphon/protocol/discord";
import { z } from "zod";

const sessionSchema = z.looseObject({
  id: z.string().min(1).max(200),
  resumeUrl: z.url({ protocol: /^wss?$/ }),
  sequence: z.number().int().nonnegative(),
});

const shardRecordSchema = z.looseObject({
  session: sessionSchema.optional(),
  userId: z.string().max(20).optional(),
  latencyMs: z.number().nonnegative().optional(),
  isComplete: z.boolean().optional(),
  isRefused: z.boolean().optional(),
  caughtUp: z.number().int().nonnegative().optional(),
});

/** What the owner of a shard writes down. */
export interface ShardRecord {
  /** Up to where the bus has the session's dispatches; never further, so that a resume after a crash misses nothing. */
  readonly session?: ShardSession | undefined;
  /** The bot's own user. */
  readonly userId?: string | undefined;
  readonly latencyMs?: number | undefined;
  /** Whether its session is told of all guilds that it announced. */
  readonly isComplete?: boolean | undefined;
  /** Whether Discord will not have it. */
  readonly isRefused?: boolean | undefined;
  /** The generation of shards before whose start nothing of this shard is on its way to the bus any more. */
  readonly caughtUp?: number | undefined;
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
