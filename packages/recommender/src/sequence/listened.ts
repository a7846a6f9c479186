import type { Play } from "../store/play.ts";
import { SKIP_RATIO } from "../store/history-store.ts";
import { trackKey } from "../track-key.ts";

/** One play of a sequence. */
export interface Listened {
  readonly key: string;
  readonly atMs: number;
}

/** Plays cut into sittings, oldest first; skips are left out, as they say nothing about what fits. */
export type Sessions = readonly (readonly Listened[])[];

/** Cuts plays (newest first, as a store gives them) where nothing was heard for longer than `gapMs`. */
export function cutSessions(plays: readonly Play[], gapMs: number): Sessions {
  const sessions: Listened[][] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const play of plays.toReversed()) {
    if (play.startedAtMs - lastMs > gapMs) sessions.push([]);
    lastMs = play.startedAtMs;
    if (play.heardRatio < SKIP_RATIO) continue;
    sessions.at(-1)?.push({ key: trackKey(play.track.artist, play.track.title), atMs: play.startedAtMs });
  }
  return sessions.filter((session) => session.length > 0);
}
