import type { Track } from "./play.ts";

/** Somebody whose listening is kept. */
export interface User {
  readonly userId: string;
  readonly displayName: string | null;
}

/** What {@link ListenerLibrary.getUserStats} counts, over plays in communities and scrobbles from elsewhere. */
export interface UserStats {
  readonly totalScrobbles: number;
  readonly uniqueArtists: number;
  readonly uniqueTracks: number;
  readonly playlistsCount: number;
}

/** One listen from elsewhere: Last.fm, a streaming service's export. */
export interface Scrobble {
  readonly track: Track;
  readonly album?: string | undefined;
  /** In milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
}

/** What became of scrobbles. */
export interface ScrobbleCounts {
  readonly inserted: number;
  /** Those that were there already: the same listener, time and track. */
  readonly duplicate: number;
}

/** What {@link ListenerLibrary.createPlaylist} takes. */
export interface CreatePlaylistOptions {
  readonly userId: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** What kind of playlist it is. Defaults to `custom`. */
  readonly type?: string | undefined;
}

/** A playlist without its tracks. */
export interface Playlist {
  readonly playlistId: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly trackCount: number;
}

/** A tag and how strongly it fits, from 0 to 1. */
export interface TrackTag {
  readonly name: string;
  readonly weight: number;
}

/** What listeners bring along and keep: users, scrobbles, playlists, tags. Part of every `HistoryStore`. */
export interface ListenerLibrary {
  /** The user, created on first sight; a display name that is given replaces the one there was. */
  getOrCreateUser(userId: string, options?: { readonly displayName?: string | undefined }): Promise<User>;
  /** The user as far as they are known; undefined otherwise. */
  findUser(userId: string): Promise<User | undefined>;
  /** Totals of a user; zeros for one who is not known. */
  getUserStats(userId: string): Promise<UserStats>;
  /** The track's key, created on first sight; see `trackKey`. */
  getOrCreateTrack(track: Track, options?: { readonly album?: string | undefined }): Promise<string>;
  /** Adds listens from elsewhere, all or none; the same listen is kept once. */
  recordScrobbles(userId: string, scrobbles: readonly Scrobble[]): Promise<ScrobbleCounts>;
  /** Makes a playlist, and its user on first sight; returns its id. */
  createPlaylist(options: CreatePlaylistOptions): Promise<string>;
  /**
   * Appends tracks to a playlist, all or none; returns how many it has now.
   *
   * @throws RecommenderError RECOMMENDER_PLAYLIST_UNKNOWN
   */
  addTracksToPlaylist(playlistId: string, tracks: readonly Track[]): Promise<number>;
  /** A user's playlists, oldest first. */
  getUserPlaylists(userId: string): Promise<readonly Playlist[]>;
  /**
   * The tracks of a playlist in their order.
   *
   * @throws RecommenderError RECOMMENDER_PLAYLIST_UNKNOWN
   */
  getPlaylistTracks(playlistId: string): Promise<readonly Track[]>;
  /** Replaces a track's tags; does nothing for a key that is not known. */
  setTrackTags(key: string, tags: readonly TrackTag[]): Promise<void>;
  /** The tags of tracks, strongest first, by key. */
  trackTags(keys: readonly string[]): Promise<ReadonlyMap<string, readonly TrackTag[]>>;
}
