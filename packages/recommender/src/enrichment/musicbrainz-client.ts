import { z } from "zod";
import { RecommenderError } from "../error.ts";
import { trackKey } from "../track-key.ts";
import { toTags, type MetadataProvider, type TrackMetadata } from "./metadata-provider.ts";
import { createServiceCaller, DEFAULT_USER_AGENT, type ServiceOptions } from "./service-caller.ts";

/** Options of {@link createMusicBrainzClient}. */
export interface MusicBrainzOptions extends ServiceOptions {
  /** Defaults to `https://musicbrainz.org/ws/2`. */
  readonly baseUrl?: string | undefined;
}

/** A recording that MusicBrainz found. */
export interface FoundRecording extends TrackMetadata {
  readonly recordingId: string;
  /** Its artists as they are credited. */
  readonly artist: string;
  readonly title: string;
  /** How well it fits the search, from 0 to 100. */
  readonly score: number;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A client of MusicBrainz. Its calls reject with RECOMMENDER_API_… */
export interface MusicBrainzClient extends MetadataProvider {
  /** Recordings of an artist with a title, best first. */
  searchRecordings(
    artist: string,
    title: string,
    options?: CallOptions & { readonly limit?: number },
  ): Promise<readonly FoundRecording[]>;
  /** A recording by its id; undefined when there is none. */
  recording(recordingId: string, options?: CallOptions): Promise<FoundRecording | undefined>;
}

const tagRow = z.looseObject({ name: z.string(), count: z.number() });
const recordingRow = z.looseObject({
  id: z.string(),
  title: z.string(),
  score: z.number().default(100),
  length: z.number().nullish(),
  "artist-credit": z
    .array(
      z.looseObject({
        name: z.string(),
        joinphrase: z.string().default(""),
        artist: z.looseObject({ id: z.string() }),
      }),
    )
    .default([]),
  releases: z.array(z.looseObject({ title: z.string(), date: z.string().default("") })).default([]),
  "first-release-date": z.string().optional(),
  isrcs: z.array(z.string()).default([]),
  tags: z.array(tagRow).default([]),
  genres: z.array(tagRow).default([]),
});
const searchAnswer = z.looseObject({ recordings: z.array(recordingRow) });

/** Below this a search has found something else. */
const LEAST_SCORE = 80;
/** One a second is allowed; the rest is for requests that travel at different speeds. @see "MusicBrainz API/Rate Limiting" */
const MIN_INTERVAL_MS = 1_100;

function toFound(row: z.infer<typeof recordingRow>): FoundRecording {
  const credits = row["artist-credit"];
  const year = Number((row["first-release-date"] ?? row.releases[0]?.date ?? "").slice(0, 4));
  return {
    recordingId: row.id,
    title: row.title,
    artist: credits.map(({ name, joinphrase }) => name + joinphrase).join(""),
    artistIds: credits.map(({ artist }) => artist.id),
    score: row.score,
    durationMs: row.length ?? undefined,
    releaseTitle: row.releases[0]?.title,
    releaseYear: year > 0 ? year : undefined,
    isrc: row.isrcs[0],
    tags: toTags([...row.genres, ...row.tags]),
  };
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

/**
 * Builds a {@link MusicBrainzClient}; it asks once in 1.1 seconds.
 *
 * @throws RecommenderError RECOMMENDER_OPTIONS_INVALID for a user agent that does not say who asks: MusicBrainz blocks those
 */
export function createMusicBrainzClient(options: MusicBrainzOptions = {}): MusicBrainzClient {
  const { baseUrl = "https://musicbrainz.org/ws/2", userAgent = DEFAULT_USER_AGENT } = options;
  if (!/^\S+\/\S+ \(.*\S.*\)$/.test(userAgent)) {
    const message = `MusicBrainz wants a userAgent like "name/version ( address )", not "${userAgent}".`;
    throw new RecommenderError("RECOMMENDER_OPTIONS_INVALID", message);
  }
  const caller = createServiceCaller({ service: "musicbrainz", minIntervalMs: MIN_INTERVAL_MS, secrets: [] }, options);

  const client: MusicBrainzClient = {
    name: "musicbrainz",
    async searchRecordings(artist, title, { limit = 5, signal } = {}) {
      const query = { query: `artist:${quoted(artist)} AND recording:${quoted(title)}`, limit, fmt: "json" };
      const answer = await caller.call(
        { url: `${baseUrl}/recording`, query, schema: searchAnswer, isCached: true },
        { signal },
      );
      return (answer?.recordings ?? []).map(toFound).toSorted((left, right) => right.score - left.score);
    },
    async recording(recordingId, { signal } = {}) {
      const url = `${baseUrl}/recording/${encodeURIComponent(recordingId)}`;
      const query = { inc: "artists releases tags genres isrcs", fmt: "json" };
      const row = await caller.call({ url, query, schema: recordingRow, isCached: true }, { signal });
      return row && toFound(row);
    },
    async describe({ artist, title, recordingId }, callOptions) {
      if (recordingId !== undefined) return client.recording(recordingId, callOptions);
      const wanted = trackKey(artist, title);
      const found = await client.searchRecordings(artist, title, callOptions);
      // A search always finds something; what has another name is something else.
      return found.find((each) => each.score >= LEAST_SCORE && trackKey(each.artist, each.title) === wanted);
    },
    stats: caller.stats,
    close: caller.close,
    [Symbol.asyncDispose]: caller.close,
  };
  return client;
}
