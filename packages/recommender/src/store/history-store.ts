import type { ListenerLibrary } from "./listener-library.ts";
import type { ListeningLog } from "./listening-log.ts";
import type { Play, Track } from "./play.ts";

/** What a community's history says of one track. */
export interface TrackSummary {
  /** See `trackKey`. */
  readonly key: string;
  readonly track: Track;
  readonly plays: number;
  /** Plays of which less than a third was heard. */
  readonly skips: number;
  readonly lastPlayedAtMs: number;
}

/** Which track followed which, and how often. */
export interface FollowUp {
  readonly key: string;
  readonly count: number;
}

/** Totals of one listener. */
export interface ListenerStats {
  readonly plays: number;
  readonly uniqueArtists: number;
  readonly uniqueTracks: number;
  readonly listenedMs: number;
}

/** Where a community's plays are kept. All implementations pass `describeHistoryStore` of the contract suite. */
export interface HistoryStore extends ListenerLibrary, ListeningLog, AsyncDisposable {
  /**
   * Keeps one play; false when its id was there already.
   *
   * @throws RecommenderError RECOMMENDER_INVALID_PLAY for times or ratios that are no such thing, or texts over 1,000 characters
   */
  recordPlay(play: Play): Promise<boolean>;
  /** The latest plays, newest first; `limit` defaults to 50. */
  recentPlays(communityId: string, options?: { readonly limit?: number }): Promise<readonly Play[]>;
  /** Every track of the community (or of one listener in it) with its counts, most played first; `limit` defaults to 5,000. */
  trackSummaries(
    communityId: string,
    options?: { readonly limit?: number; readonly userId?: string | undefined },
  ): Promise<readonly TrackSummary[]>;
  /** The tracks of these keys, as far as they are known. */
  tracks(keys: readonly string[]): Promise<ReadonlyMap<string, Track>>;
  /**
   * What each listener heard, over all communities and in their scrobbles, and did not skip, as track keys, oldest first: what a model is built from. Plays
   * without a listener belong to a listener called `community:ID`.
   */
  histories(): AsyncIterable<{ readonly userId: string; readonly itemIds: readonly string[] }>;
  /** What was played right after the track of this key, most often first; `limit` defaults to 100. */
  followUps(communityId: string, key: string, options?: { readonly limit?: number }): Promise<readonly FollowUp[]>;
  /** Totals of a listener over all communities. */
  listenerStats(userId: string): Promise<ListenerStats>;
  /**
   * Removes everything about a listener: name, scrobbles, playlists, and tracks that are then nobody's. Plays stay in the
   * community's history without a name.
   */
  forgetListener(userId: string): Promise<void>;
  /** Ends the store; idempotent. */
  close(): Promise<void>;
}

/** A play counts as a skip when less than this share of it was heard. */
export const SKIP_RATIO = 1 / 3;

/** Two plays further apart than this belong to two sessions, unless a store is told otherwise. */
export const SESSION_GAP_MS = 30 * 60_000;
