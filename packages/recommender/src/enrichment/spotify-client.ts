import { isAntiphonError, systemClock, type Secret } from "@antiphon/std";
import { z } from "zod";
import { trackKey } from "../track-key.ts";
import type { MetadataProvider, TrackMetadata } from "./metadata-provider.ts";
import { createServiceCaller, secretOption, type ServiceOptions } from "./service-caller.ts";

/** Options of {@link createSpotifyClient}. */
export interface SpotifyOptions extends ServiceOptions {
  /** The application's id. */
  readonly clientId: string | Secret;
  /** The application's secret. */
  readonly clientSecret: string | Secret;
  /** Defaults to `https://api.spotify.com`. */
  readonly baseUrl?: string | undefined;
  /** Defaults to `https://accounts.spotify.com`. */
  readonly accountsUrl?: string | undefined;
}

/** A track of Spotify's. */
export interface SpotifyTrack extends TrackMetadata {
  readonly spotifyId: string;
  readonly artist: string;
  readonly title: string;
}

/**
 * A client of what Spotify leaves to new applications: a token for itself and the search. Its calls reject with RECOMMENDER_API_…
 *
 * @see "Introducing some changes to our Web API", Spotify for Developers, 2024-11-27
 */
export interface SpotifyClient extends MetadataProvider {
  /** Tracks with a recording code, or of an artist with a title. */
  searchTracks(
    query: { readonly isrc: string } | { readonly artist: string; readonly title: string },
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly SpotifyTrack[]>;
}

const tokenAnswer = z.looseObject({ access_token: z.string(), expires_in: z.number() });
const searchAnswer = z.looseObject({
  tracks: z.looseObject({
    items: z.array(
      z.looseObject({
        id: z.string(),
        name: z.string(),
        duration_ms: z.number(),
        external_ids: z.looseObject({ isrc: z.string().optional() }).optional(),
        artists: z.array(z.looseObject({ name: z.string() })),
        album: z.looseObject({ name: z.string(), release_date: z.string().default("") }).optional(),
      }),
    ),
  }),
});

/** A token is replaced this long before its end, in milliseconds. */
const TOKEN_MARGIN_MS = 60_000;

const clean = (text: string) => text.replaceAll('"', " ");

/** Builds a {@link SpotifyClient}. @throws RecommenderError RECOMMENDER_OPTIONS_INVALID */
export function createSpotifyClient(options: SpotifyOptions): SpotifyClient {
  const { baseUrl = "https://api.spotify.com", accountsUrl = "https://accounts.spotify.com" } = options;
  const { clock = systemClock } = options;
  const clientId = secretOption("Spotify's clientId", options.clientId);
  const clientSecret = secretOption("Spotify's clientSecret", options.clientSecret);
  const secrets = [clientId, clientSecret];
  const caller = createServiceCaller({ service: "spotify", minIntervalMs: 350, secrets }, options);
  let token: { readonly value: string; readonly untilMs: number } | undefined;

  const accessToken = async (signal: AbortSignal | undefined): Promise<string> => {
    if (token !== undefined && token.untilMs > clock.monotonicMs()) return token.value;
    const basic = Buffer.from(`${clientId.reveal()}:${clientSecret.reveal()}`).toString("base64");
    const answer = await caller.call(
      {
        method: "POST",
        url: `${accountsUrl}/api/token`,
        headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
        body: "grant_type=client_credentials",
        schema: tokenAnswer,
        isCached: false,
      },
      { signal },
    );
    const lifeMs = (answer?.expires_in ?? 0) * 1_000 - TOKEN_MARGIN_MS;
    token = { value: answer?.access_token ?? "", untilMs: clock.monotonicMs() + lifeMs };
    return token.value;
  };
  const search = async (q: string, signal: AbortSignal | undefined) => {
    const ask = async () => {
      const headers = { authorization: `Bearer ${await accessToken(signal)}` };
      const query = { q, type: "track", limit: 5 };
      return caller.call(
        { url: `${baseUrl}/v1/search`, query, headers, schema: searchAnswer, isCached: true },
        { signal },
      );
    };
    try {
      return await ask();
    } catch (error) {
      // A token can end before its time.
      if (!isAntiphonError(error, "RECOMMENDER_API_DENIED") || token === undefined) throw error;
      token = undefined;
      return ask();
    }
  };
  const client: SpotifyClient = {
    name: "spotify",
    async searchTracks(query, { signal } = {}) {
      const q =
        "isrc" in query ? `isrc:${query.isrc}` : `artist:"${clean(query.artist)}" track:"${clean(query.title)}"`;
      const answer = await search(q, signal);
      return (answer?.tracks.items ?? []).map((item) => {
        const year = Number(item.album?.release_date.slice(0, 4));
        return {
          spotifyId: item.id,
          artist: item.artists[0]?.name ?? "",
          title: item.name,
          isrc: item.external_ids?.isrc,
          durationMs: item.duration_ms,
          releaseTitle: item.album?.name,
          releaseYear: year > 0 ? year : undefined,
        };
      });
    },
    async describe({ artist, title, isrc }, callOptions) {
      const [byCode] = isrc === undefined ? [] : await client.searchTracks({ isrc }, callOptions);
      if (byCode !== undefined) return byCode;
      const found = await client.searchTracks({ artist, title }, callOptions);
      return found.find((each) => trackKey(each.artist, each.title) === trackKey(artist, title));
    },
    stats: caller.stats,
    close: caller.close,
    [Symbol.asyncDispose]: caller.close,
  };
  return client;
}
