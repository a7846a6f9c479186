import type { Clock } from "@antiphon/std";
import type { ApplicationRecord } from "../world/state.ts";

/** How often an application may identify in a day. @see [Discord Docs/Gateway#Session Start Limit] */
const IDENTIFIES_PER_DAY = 1000;
const DAY_MS = 24 * 60 * 60_000;

/** How many sessions may start at a time. */
export interface IdentifyOptions {
  /** Identifies in one window; shards share by `shard_id % maxConcurrency`. Defaults to 1. */
  readonly maxConcurrency?: number | undefined;
  /** Defaults to 5,000 ms; 0 admits all. */
  readonly windowMs?: number | undefined;
}

/** Decides whether an IDENTIFY comes too soon after another. */
export interface IdentifyGate {
  /** Takes a place, or says no. */
  admit(application: ApplicationRecord, shardId: number): boolean;
  /** The `session_start_limit` of `GET /gateway/bot`. */
  sessionStartLimit(application: ApplicationRecord): {
    readonly total: number;
    readonly remaining: number;
    readonly reset_after: number;
    readonly max_concurrency: number;
  };
}

/** Builds an {@link IdentifyGate}. */
export function createIdentifyGate(clock: Clock, options: IdentifyOptions = {}): IdentifyGate {
  const { maxConcurrency = 1, windowMs = 5_000 } = options;
  const lastAtMs = new Map<string, number>();
  const days = new Map<string, { used: number; readonly resetAtMs: number }>();
  const dayOf = (application: ApplicationRecord) => {
    const existing = days.get(application.id);
    if (existing !== undefined && existing.resetAtMs > clock.now()) return existing;
    const day = { used: 0, resetAtMs: clock.now() + DAY_MS };
    days.set(application.id, day);
    return day;
  };
  return {
    admit(application, shardId) {
      const day = dayOf(application);
      const key = `${application.id} ${shardId % maxConcurrency}`;
      const nowMs = clock.now();
      const isTooSoon = nowMs - (lastAtMs.get(key) ?? -Infinity) < windowMs;
      if (isTooSoon || day.used >= IDENTIFIES_PER_DAY) return false;
      day.used++;
      lastAtMs.set(key, nowMs);
      return true;
    },
    sessionStartLimit(application) {
      const day = dayOf(application);
      return {
        total: IDENTIFIES_PER_DAY,
        remaining: IDENTIFIES_PER_DAY - day.used,
        reset_after: Math.round(day.resetAtMs - clock.now()),
        max_concurrency: maxConcurrency,
      };
    },
  };
}
