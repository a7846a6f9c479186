import type { ServiceStats } from "./service-caller.ts";

/** A tag that people or a service gave a track. */
export interface MetadataTag {
  /** In lower case. */
  readonly name: string;
  /** How well it fits, from 0 to 1. */
  readonly weight: number;
}

/** A track to ask about; the ids help those services that know them. */
export interface MetadataQuery {
  readonly artist: string;
  readonly title: string;
  /** MusicBrainz' id of the recording. */
  readonly recordingId?: string | undefined;
  /** International standard recording code. */
  readonly isrc?: string | undefined;
  /** Spotify's id of the track. */
  readonly spotifyId?: string | undefined;
  /** Cyanite's id of a track in the library there. */
  readonly libraryTrackId?: string | undefined;
}

/** What a service knows of a track. Everything it does not know is absent. */
export interface TrackMetadata {
  readonly recordingId?: string | undefined;
  readonly artistIds?: readonly string[] | undefined;
  readonly isrc?: string | undefined;
  readonly spotifyId?: string | undefined;
  readonly releaseTitle?: string | undefined;
  readonly releaseYear?: number | undefined;
  /** Milliseconds. */
  readonly durationMs?: number | undefined;
  /** Strongest first. */
  readonly tags?: readonly MetadataTag[] | undefined;
  /** Valence and arousal from -1 to 1, heard from the audio. */
  readonly heardMood?: { readonly valence: number; readonly arousal: number } | undefined;
  readonly beatsPerMinute?: number | undefined;
}

/** A service that describes tracks. */
export interface MetadataProvider extends AsyncDisposable {
  /** The service's name: `lastfm`. */
  readonly name: string;
  /** What it knows of a track; undefined when it does not know the track. @throws RecommenderError RECOMMENDER_API_… */
  describe(
    query: MetadataQuery,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<TrackMetadata | undefined>;
  /** What was counted so far. */
  stats(): ServiceStats;
  /** Ends what is under way; idempotent. */
  close(): Promise<void>;
}

/** A listen as a service reports it. */
export interface ReportedListen {
  readonly artist: string;
  readonly title: string;
  readonly releaseTitle: string | undefined;
  /** MusicBrainz' id of the recording. */
  readonly recordingId: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly listenedAtMs: number;
}

/** Counts as weights beside the largest count, in lower case, strongest first. */
export function toTags(rows: readonly { readonly name: string; readonly count: number }[]): MetadataTag[] {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const weights = new Map<string, number>();
  for (const { name, count } of rows) {
    const key = name.trim().toLowerCase();
    if (key !== "" && count > 0) weights.set(key, Math.max(count / most, weights.get(key) ?? 0));
  }
  return [...weights].map(([name, weight]) => ({ name, weight })).toSorted((left, right) => right.weight - left.weight);
}
