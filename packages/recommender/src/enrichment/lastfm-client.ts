import { systemClock, type Secret } from "@antiphon/std";
import { z } from "zod";
import { toTags, type MetadataProvider, type MetadataTag, type ReportedListen } from "./metadata-provider.ts";
import { invalidAnswer, lastOfPage, type Judge } from "./read-answer.ts";
import { createServiceCaller, secretOption, type ServiceOptions } from "./service-caller.ts";

/** Options of {@link createLastFmClient}. */
export interface LastFmOptions extends ServiceOptions {
  /** The key of the application. */
  readonly apiKey: string | Secret;
  /** Defaults to `https://ws.audioscrobbler.com/2.0/`. */
  readonly baseUrl?: string | undefined;
}

/** Something that listeners of one thing also listen to. */
export interface SimilarTrack {
  readonly artist: string;
  readonly title: string;
  /** How alike, from 0 to 1. */
  readonly match: number;
}

/** An artist whose listeners are the same. */
export interface SimilarArtist {
  readonly artist: string;
  /** How alike, from 0 to 1. */
  readonly match: number;
}

/** Options of {@link LastFmClient.listens}. */
export interface ListenRange {
  /** The earliest listen, inclusive, in milliseconds since the Unix epoch. */
  readonly fromMs?: number | undefined;
  /** The latest, exclusive. Defaults to now. */
  readonly toMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A client of Last.fm. Its calls reject with RECOMMENDER_API_… */
export interface LastFmClient extends MetadataProvider {
  /** A track's tags; undefined when Last.fm does not know it. */
  trackTags(artist: string, title: string, options?: CallOptions): Promise<readonly MetadataTag[] | undefined>;
  /** An artist's tags; undefined when Last.fm does not know it. */
  artistTags(artist: string, options?: CallOptions): Promise<readonly MetadataTag[] | undefined>;
  /** Tracks like one, best first; often none for a rare track. */
  similarTracks(
    artist: string,
    title: string,
    options?: CallOptions & { readonly limit?: number },
  ): Promise<readonly SimilarTrack[]>;
  /** Artists like one, best first. */
  similarArtists(
    artist: string,
    options?: CallOptions & { readonly limit?: number },
  ): Promise<readonly SimilarArtist[]>;
  /** A user's listens, newest first, page by page; what plays now is left out. */
  listens(user: string, range?: ListenRange): AsyncIterable<ReportedListen>;
}

/** What Last.fm writes as a list, as one object when there is one, and as nothing or an empty text when there is none. */
function listOf<Row extends z.ZodType>(row: Row) {
  return z.union([z.array(row), row.transform((one) => [one]), z.literal("").transform(() => [])]).default([]);
}

/** Last.fm writes most numbers as text. */
const number = z.coerce.number();
const tagRow = z.looseObject({ name: z.string(), count: number });
const similarTrackRow = z.looseObject({ name: z.string(), match: number, artist: z.looseObject({ name: z.string() }) });
const similarArtistRow = z.looseObject({ name: z.string(), match: number });
const listenRow = z.looseObject({
  name: z.string(),
  mbid: z.string().optional(),
  artist: z.looseObject({ "#text": z.string() }),
  album: z.looseObject({ "#text": z.string() }).optional(),
  date: z.looseObject({ uts: number }).optional(),
});

const topTags = z.looseObject({ toptags: z.looseObject({ tag: listOf(tagRow) }) });
const similarTracksAnswer = z.looseObject({ similartracks: z.looseObject({ track: listOf(similarTrackRow) }) });
const similarArtistsAnswer = z.looseObject({ similarartists: z.looseObject({ artist: listOf(similarArtistRow) }) });
const recentTracks = z.looseObject({
  recenttracks: z.looseObject({ track: listOf(listenRow), "@attr": z.looseObject({ totalPages: number }) }),
});

const errorBody = z.looseObject({ error: z.number(), message: z.string().default("") });

/** Last.fm's errors come with any status, 200 among them. @see "Errors", Last.fm API */
const judge: Judge = (_status, json) => {
  const parsed = errorBody.safeParse(json);
  if (!parsed.success) return undefined;
  const { error } = parsed.data;
  const failed = (code: "RATE_LIMITED" | "UNAVAILABLE" | "DENIED" | "REFUSED", isRetryable: boolean) =>
    ({
      kind: "failed",
      code: `RECOMMENDER_API_${code}`,
      message: `answered with its error ${error}`,
      isRetryable,
    }) as const;
  if (error === 6) return { kind: "notFound" };
  if (error === 29) return failed("RATE_LIMITED", true);
  if (error === 8 || error === 11 || error === 16) return failed("UNAVAILABLE", true);
  return failed([4, 9, 10, 13, 14, 17, 26].includes(error) ? "DENIED" : "REFUSED", false);
};

const PAGE_SIZE = 200;

/** Builds a {@link LastFmClient}; it asks five times a second at the most. @throws RecommenderError RECOMMENDER_OPTIONS_INVALID */
export function createLastFmClient(options: LastFmOptions): LastFmClient {
  const { baseUrl: url = "https://ws.audioscrobbler.com/2.0/", clock = systemClock } = options;
  const apiKey = secretOption("Last.fm's apiKey", options.apiKey);
  const secretQuery = () => ({ api_key: apiKey.reveal() });
  const caller = createServiceCaller(
    { service: "lastfm", minIntervalMs: 220, judge, secrets: [apiKey], secretQuery },
    options,
  );
  const ask = <Value>(
    schema: z.ZodType<Value>,
    query: Readonly<Record<string, string | number | undefined>>,
    { signal }: CallOptions = {},
    isCached = true,
  ) => caller.call({ url, query: { ...query, format: "json" }, schema, isCached }, { signal });

  const client: LastFmClient = {
    name: "lastfm",
    async trackTags(artist, track, callOptions) {
      const answer = await ask(topTags, { method: "track.getTopTags", artist, track, autocorrect: 1 }, callOptions);
      return answer && toTags(answer.toptags.tag);
    },
    async artistTags(artist, callOptions) {
      const answer = await ask(topTags, { method: "artist.getTopTags", artist, autocorrect: 1 }, callOptions);
      return answer && toTags(answer.toptags.tag);
    },
    async similarTracks(artist, track, { limit = 50, ...callOptions } = {}) {
      const query = { method: "track.getSimilar", artist, track, limit, autocorrect: 1 };
      const answer = await ask(similarTracksAnswer, query, callOptions);
      const rows = answer?.similartracks.track ?? [];
      return rows.map(({ name, match, artist: by }) => ({ artist: by.name, title: name, match }));
    },
    async similarArtists(artist, { limit = 50, ...callOptions } = {}) {
      const query = { method: "artist.getSimilar", artist, limit, autocorrect: 1 };
      const answer = await ask(similarArtistsAnswer, query, callOptions);
      return (answer?.similarartists.artist ?? []).map(({ name, match }) => ({ artist: name, match }));
    },
    async *listens(user, { fromMs = 0, toMs = clock.now(), signal } = {}) {
      // The end is fixed, so that pages do not move while the user goes on listening.
      const [from, to] = [Math.floor(fromMs / 1_000), Math.floor(toMs / 1_000)];
      let last = Number.POSITIVE_INFINITY;
      for (let page = 1, pages = 1; page <= pages; page++) {
        const query = { method: "user.getRecentTracks", user, from, to, page, limit: PAGE_SIZE };
        const answer = await ask(recentTracks, query, { signal }, false);
        if (answer === undefined) return;
        pages = answer.recenttracks["@attr"].totalPages;
        const times = answer.recenttracks.track.flatMap(({ date }) => date?.uts ?? []);
        if (times.length === 0 && page < pages)
          throw invalidAnswer("lastfm", { path: ["track"], message: `page ${page} of ${pages} has no listens` });
        last = lastOfPage("lastfm", times, last);
        for (const { name, mbid, artist, album, date } of answer.recenttracks.track) {
          if (date === undefined) continue;
          yield {
            artist: artist["#text"],
            title: name,
            releaseTitle: album?.["#text"] || undefined,
            recordingId: mbid || undefined,
            listenedAtMs: date.uts * 1_000,
          };
        }
      }
    },
    async describe({ artist, title }, callOptions) {
      const own = await client.trackTags(artist, title, callOptions);
      if (own !== undefined && own.length > 0) return { tags: own };
      // Few tracks have tags of their own; their artist's say less, and so weigh half.
      const byArtist = await client.artistTags(artist, callOptions);
      if (own === undefined && byArtist === undefined) return undefined;
      return { tags: (byArtist ?? []).map(({ name, weight }) => ({ name, weight: weight / 2 })) };
    },
    stats: caller.stats,
    close: caller.close,
    [Symbol.asyncDispose]: caller.close,
  };
  return client;
}
