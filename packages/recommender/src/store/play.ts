/** A piece of music as a history knows it. */
export interface Track {
  readonly title: string;
  readonly artist: string;
  /** Length in milliseconds; null for a live stream or when nobody knows. */
  readonly durationMs: number | null;
  /** What a player loads to play it again: a URL or a search identifier. */
  readonly identifier: string;
}

/** One time that a track was played to a community. */
export interface Play {
  /** Chosen by the caller and unique; recording the same id again changes nothing. */
  readonly playId: string;
  /** Who shares this history: a guild's id, say. */
  readonly communityId: string;
  /** Who asked for it; null when the bot chose. */
  readonly userId: string | null;
  readonly track: Track;
  /** When it started, in milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  /** The share that was heard before it ended or was skipped, from 0 to 1. */
  readonly heardRatio: number;
}
