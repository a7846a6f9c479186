import { z } from "zod";
import { fetchJson } from "../fetch-json.ts";
import type { RecommendedSong, SongName, SongRecommender } from "./strategies.ts";

/** Options of {@link createLastFmRecommender}. */
export interface LastFmOptions {
  readonly apiKey: string;
  /** Defaults to `https://ws.audioscrobbler.com/2.0/`. */
  readonly apiUrl?: string;
  /** How long an answer may take, in milliseconds. Defaults to 5,000. */
  readonly timeoutMs?: number;
}

const artistName = z.union([z.string(), z.looseObject({ name: z.string() }).transform(({ name }) => name)]);
const trackSchema = z.looseObject({ name: z.string(), artist: artistName, match: z.coerce.number().optional() });
const similarSchema = z.looseObject({ similartracks: z.looseObject({ track: trackSchema.array() }) });
const topSchema = z.looseObject({ toptracks: z.looseObject({ track: trackSchema.array() }) });

/**
 * Similar songs by Last.fm's listeners, and where it knows none the artist's best known ones. The key is sent to Last.fm only.
 *
 * @see Last.fm API, track.getSimilar and artist.getTopTracks
 */
export function createLastFmRecommender(options: LastFmOptions): SongRecommender {
  const { apiKey, apiUrl = "https://ws.audioscrobbler.com/2.0/", timeoutMs = 5_000 } = options;

  const call = async (
    method: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ) => {
    const url = new URL(apiUrl);
    const query = { ...parameters, method, api_key: apiKey, format: "json", autocorrect: "1" };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const service = `${method}: Last.fm`;
    return fetchJson(url, { service, code: "LAVALINK_AUTOPLAY_FAILED", timeoutMs, signal });
  };
  const similar = async ({ artist, title }: SongName, limit: number, signal: AbortSignal | undefined) => {
    const body = await call("track.getSimilar", { artist, track: title, limit: String(limit) }, signal);
    const parsed = similarSchema.safeParse(body);
    if (!parsed.success) return [];
    const reason = `listeners of ${title} also like it (Last.fm)`;
    return parsed.data.similartracks.track.map(({ name, artist: by, match = 0.5 }): RecommendedSong => ({
      artist: by,
      title: name,
      relevance: Math.min(Math.max(match, 0), 1),
      reason,
    }));
  };
  const best = async ({ artist }: SongName, limit: number, signal: AbortSignal | undefined) => {
    const parsed = topSchema.safeParse(await call("artist.getTopTracks", { artist, limit: String(limit) }, signal));
    if (!parsed.success) return [];
    const reason = `among the best known of ${artist} (Last.fm)`;
    return parsed.data.toptracks.track.map(({ name, artist: by }): RecommendedSong => ({
      artist: by,
      title: name,
      relevance: 0.5,
      reason,
    }));
  };

  return {
    async recommend({ seed, limit, signal }) {
      const songs = await similar(seed, limit, signal);
      return songs.length > 0 ? songs : best(seed, limit, signal);
    },
  };
}
