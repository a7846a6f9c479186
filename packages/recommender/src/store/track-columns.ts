import type { Play, Track } from "./play.ts";

/** The columns behind a {@link Track}, and its key. */
export const trackColumns = [
  "track.key",
  "track.title",
  "track.artist",
  "track.duration_ms",
  "track.identifier",
] as const;

/** A row of {@link trackColumns} as a track. */
export function toTrack(row: {
  readonly title: string;
  readonly artist: string;
  readonly duration_ms: number | null;
  readonly identifier: string;
}): Track {
  return { title: row.title, artist: row.artist, durationMs: row.duration_ms, identifier: row.identifier };
}

/** The columns behind a {@link Play}, beside those of its track. */
export const playColumns = [
  "play.play_id",
  "play.community_id",
  "play.user_id",
  "play.started_at_ms",
  "play.heard_ratio",
] as const;

/** A row of {@link playColumns} and {@link trackColumns} as a play. */
export function toPlay(
  row: Parameters<typeof toTrack>[0] & {
    readonly play_id: string;
    readonly community_id: string;
    readonly user_id: string | null;
    readonly started_at_ms: number;
    readonly heard_ratio: number;
  },
): Play {
  return {
    playId: row.play_id,
    communityId: row.community_id,
    userId: row.user_id,
    startedAtMs: row.started_at_ms,
    heardRatio: row.heard_ratio,
    track: toTrack(row),
  };
}
