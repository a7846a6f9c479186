import type { Play, Track } from "./play.ts";

/** A span of time, in milliseconds since the Unix epoch; open where nothing is given. */
export interface Period {
  /** The first moment that belongs to it. */
  readonly sinceMs?: number | undefined;
  /** The first moment that does not any more. */
  readonly untilMs?: number | undefined;
}

/** One time that somebody heard a track: a play in a community that was not skipped, or a scrobble. */
export interface Listen {
  /** See `trackKey`. */
  readonly key: string;
  readonly track: Track;
  readonly album: string | null;
  /** In milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
}

/** How often somebody heard an artist. */
export interface ArtistCount {
  readonly artist: string;
  readonly listens: number;
}

/** How often somebody heard a track, and when last. */
export interface TrackCount {
  readonly key: string;
  readonly track: Track;
  readonly listens: number;
  readonly lastHeardAtMs: number;
}

/** How much happened in an hour or a day that begins at `startMs` (UTC, milliseconds since the Unix epoch). */
export interface TimedCount {
  readonly startMs: number;
  readonly count: number;
}

/** A track and how popular it is of late. */
export interface PopularTrack {
  readonly key: string;
  readonly track: Track;
  /** The sum over its listens, each of which counts less the older it is. */
  readonly heat: number;
  readonly listeners: number;
}

/** What {@link ListeningLog.popularTracks} takes. */
export interface PopularityOptions {
  /** Now, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** How far back listens count. Defaults to 14 days; one at its beginning counts nothing, one of now counts one. */
  readonly windowMs?: number | undefined;
  /** Only what was played to this community; everything that anybody heard by default. */
  readonly communityId?: string | undefined;
  /** Defaults to 100. */
  readonly limit?: number | undefined;
}

/** What the store tells about listening over time, over plays in communities and scrobbles. Part of every `HistoryStore`. */
export interface ListeningLog {
  /** A listener's latest listens, newest first; `limit` defaults to 50. */
  recentListens(userId: string, options?: Period & { readonly limit?: number }): Promise<readonly Listen[]>;
  /** All of a listener's listens, oldest first, in memory for some thousands at a time. */
  listens(userId: string): AsyncIterable<Listen>;
  /** All plays that a listener asked for, skipped ones too, oldest first, in memory for some thousands at a time. */
  playsOf(userId: string): AsyncIterable<Play>;
  /** A listener's most heard artists; `limit` defaults to 15. */
  topArtists(userId: string, options?: Period & { readonly limit?: number }): Promise<readonly ArtistCount[]>;
  /** A listener's most heard tracks; `limit` defaults to 50. */
  topTracks(userId: string, options?: Period & { readonly limit?: number }): Promise<readonly TrackCount[]>;
  /** How often a listener heard each of these tracks; those they never heard are left out. */
  listenCounts(userId: string, keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** How much a listener heard in each hour in which they heard anything, oldest first. */
  listeningHours(userId: string, period?: Period): Promise<readonly TimedCount[]>;
  /** How many tracks a listener heard for the first time on each day that brought any, oldest first. */
  discoveryDays(userId: string): Promise<readonly TimedCount[]>;
  /** What is heard most of late, hottest first. */
  popularTracks(options: PopularityOptions): Promise<readonly PopularTrack[]>;
  /** Known tracks by an artist, in any spelling; `limit` defaults to 200. */
  tracksOfArtist(artist: string, options?: { readonly limit?: number }): Promise<ReadonlyMap<string, Track>>;
  /** Tracks with a tag (in small letters as in large), strongest first; `limit` defaults to 200. */
  tracksOfTag(
    name: string,
    options?: { readonly limit?: number },
  ): Promise<readonly { readonly key: string; readonly track: Track; readonly weight: number }[]>;
}
