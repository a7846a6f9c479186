import { z } from "zod";
import { fetchJson } from "../fetch-json.ts";
import type { RecommendedSong, SongName, SongRecommender } from "./strategies.ts";

/** Options of {@link createListenBrainzRecommender}. */
export interface ListenBrainzOptions {
  /** Defaults to `https://api.listenbrainz.org`. */
  readonly apiUrl?: string;
  /** Where the similar recordings are. Defaults to `https://labs.api.listenbrainz.org`. */
  readonly labsUrl?: string;
  /** How long an answer may take, in milliseconds. Defaults to 5,000. */
  readonly timeoutMs?: number;
}

// Nothing found is an empty object.
const lookupSchema = z.looseObject({
  recording_mbid: z.string().optional(),
  artist_mbids: z.array(z.string()).default([]),
});
const similarSchema = z.array(
  z.looseObject({ recording_name: z.string().nullish(), artist_credit_name: z.string().nullish(), score: z.number() }),
);
const popularSchema = z.array(z.looseObject({ recording_name: z.string(), artist_name: z.string() }));

/** The data set of similar recordings that its own radio uses: who was heard in the same session. */
const SIMILARITY =
  "session_based_days_7500_session_300_contribution_5_threshold_15_limit_50_skip_30_top_n_listeners_1000";

/**
 * Songs that ListenBrainz' listeners heard in the same sessions, and where it knows none the artist's best known ones. It needs no key.
 *
 * @see ListenBrainz API, metadata/lookup and popularity/top-recordings-for-artist; its labs' data set similar-recordings
 */
export function createListenBrainzRecommender(options: ListenBrainzOptions = {}): SongRecommender {
  const { apiUrl = "https://api.listenbrainz.org", labsUrl = "https://labs.api.listenbrainz.org" } = options;
  const { timeoutMs = 5_000 } = options;

  const call = async (
    address: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    const url = new URL(address);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const service = `${url.pathname}: ListenBrainz`;
    return fetchJson(url, { service, code: "LAVALINK_AUTOPLAY_FAILED", timeoutMs, signal });
  };
  const lookUp = async ({ artist, title }: SongName, signal: AbortSignal | undefined) => {
    const names = { artist_name: artist, recording_name: title };
    const parsed = lookupSchema.safeParse(await call(`${apiUrl}/1/metadata/lookup/`, names, signal));
    return parsed.success ? parsed.data : undefined;
  };
  const similar = async (recordingId: string, { title }: SongName, signal: AbortSignal | undefined) => {
    const query = { recording_mbids: recordingId, algorithm: SIMILARITY };
    const parsed = similarSchema.safeParse(await call(`${labsUrl}/similar-recordings/json`, query, signal));
    const rows = parsed.success ? parsed.data.toSorted((left, right) => right.score - left.score) : [];
    // A score counts sessions, so it only means something beside the best of the same answer.
    const best = Math.max(rows[0]?.score ?? 1, 1);
    const reason = `heard together with ${title} (ListenBrainz)`;
    return rows.flatMap(({ recording_name: name, artist_credit_name: artist, score }): RecommendedSong[] =>
      name && artist ? [{ artist, title: name, relevance: Math.min(Math.max(score / best, 0), 1), reason }] : [],
    );
  };
  const best = async (artistId: string, { artist }: SongName, signal: AbortSignal | undefined) => {
    const address = `${apiUrl}/1/popularity/top-recordings-for-artist/${encodeURIComponent(artistId)}`;
    const parsed = popularSchema.safeParse(await call(address, {}, signal));
    const reason = `among the best known of ${artist} (ListenBrainz)`;
    const rows = parsed.success ? parsed.data : [];
    return rows.map((row): RecommendedSong => ({
      artist: row.artist_name,
      title: row.recording_name,
      relevance: 0.5,
      reason,
    }));
  };

  return {
    async recommend({ seed, limit, signal }) {
      const found = await lookUp(seed, signal);
      if (found?.recording_mbid === undefined) return [];
      const songs = await similar(found.recording_mbid, seed, signal);
      const [artistId] = found.artist_mbids;
      if (songs.length > 0 || artistId === undefined) return songs.slice(0, limit);
      return (await best(artistId, seed, signal)).slice(0, limit);
    },
  };
}
