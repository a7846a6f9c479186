import type { Sessions } from "./listened.ts";

/** Within this time a play counts as if it were so long ago: the latest track is not due again at once. */
const SHORTEST_AGE_MS = 60 * 60_000;

/**
 * How present each track is in memory: the sum of (age in hours)^-decay over its plays, as people repeat what they heard often
 * and lately.
 *
 * @see Anderson and others, "An integrated theory of the mind" (2004), base-level learning
 */
export function baseLevels(sessions: Sessions, nowMs: number, decay = 0.5): Map<string, number> {
  const levels = new Map<string, number>();
  for (const session of sessions) {
    for (const { key, atMs } of session) {
      const ageHours = Math.max(SHORTEST_AGE_MS, nowMs - atMs) / 3_600_000;
      levels.set(key, (levels.get(key) ?? 0) + ageHours ** -decay);
    }
  }
  return levels;
}
