import { systemClock, type Secret } from "@antiphon/std";
import { z } from "zod";
import type { ListenRange } from "./lastfm-client.ts";
import { toTags, type MetadataProvider, type ReportedListen } from "./metadata-provider.ts";
import { lastOfPage } from "./read-answer.ts";
import { createServiceCaller, secretOption, type ServiceOptions } from "./service-caller.ts";

/** Options of {@link createListenBrainzClient}. */
export interface ListenBrainzOptions extends ServiceOptions {
  /** A user's token; reading needs none. */
  readonly token?: string | Secret | undefined;
  /** Defaults to `https://api.listenbrainz.org`. */
  readonly baseUrl?: string | undefined;
  /** Defaults to `https://labs.api.listenbrainz.org`. */
  readonly labsUrl?: string | undefined;
}

/** An artist whom the same people hear. */
export interface NearbyArtist {
  /** MusicBrainz' id. */
  readonly artistId: string;
  readonly artist: string;
  /** Comparable within one answer only. */
  readonly score: number;
}

/** A client of ListenBrainz. Its calls reject with RECOMMENDER_API_… */
export interface ListenBrainzClient extends MetadataProvider {
  /** A user's listens, newest first, page by page. */
  listens(user: string, range?: ListenRange): AsyncIterable<ReportedListen>;
  /** Artists like the one with an id, best first. */
  similarArtists(
    artistId: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly NearbyArtist[]>;
}

const tagRow = z.looseObject({ tag: z.string(), count: z.number() });
const lookupAnswer = z.looseObject({
  recording_mbid: z.string().optional(),
  artist_mbids: z.array(z.string()).default([]),
  release_name: z.string().optional(),
  metadata: z
    .looseObject({
      recording: z.looseObject({ length: z.number().nullish() }).optional(),
      release: z.looseObject({ year: z.number().nullish() }).optional(),
      tag: z.looseObject({ recording: z.array(tagRow).default([]), artist: z.array(tagRow).default([]) }).optional(),
    })
    .optional(),
});
const listensAnswer = z.looseObject({
  payload: z.looseObject({
    listens: z.array(
      z.looseObject({
        listened_at: z.number(),
        recording_msid: z.string().default(""),
        track_metadata: z.looseObject({
          artist_name: z.string(),
          track_name: z.string(),
          release_name: z.string().nullish(),
          mbid_mapping: z.looseObject({ recording_mbid: z.string().optional() }).nullish(),
        }),
      }),
    ),
  }),
});
const similarAnswer = z.array(z.looseObject({ artist_mbid: z.string(), name: z.string(), score: z.number() }));

const PAGE_SIZE = 1_000;
const SIMILARITY = "session_based_days_7500_session_300_contribution_5_threshold_10_limit_100_filter_True_skip_30";

/** Builds a {@link ListenBrainzClient}, which obeys the limits that the service's headers tell. @throws RecommenderError RECOMMENDER_OPTIONS_INVALID */
export function createListenBrainzClient(options: ListenBrainzOptions = {}): ListenBrainzClient {
  const { baseUrl = "https://api.listenbrainz.org", labsUrl = "https://labs.api.listenbrainz.org" } = options;
  const { clock = systemClock } = options;
  const token = options.token === undefined ? undefined : secretOption("ListenBrainz' token", options.token);
  const secrets = token === undefined ? [] : [token];
  const caller = createServiceCaller({ service: "listenbrainz", minIntervalMs: 350, secrets }, options);
  const headers = (): Record<string, string> =>
    token === undefined ? {} : { authorization: `Token ${token.reveal()}` };

  return {
    name: "listenbrainz",
    async *listens(user, { fromMs, toMs = clock.now(), signal } = {}) {
      const url = `${baseUrl}/1/user/${encodeURIComponent(user)}/listens`;
      // Both bounds are exclusive there.
      const earliest = fromMs === undefined ? Number.NEGATIVE_INFINITY : Math.ceil(fromMs / 1_000);
      let before = Math.ceil(toMs / 1_000);
      let atBorder = new Set<string>();
      for (;;) {
        const query = { count: PAGE_SIZE, max_ts: before };
        const page = await caller.call(
          { url, query, headers: headers(), schema: listensAnswer, isCached: false },
          { signal },
        );
        const rows = page?.payload.listens ?? [];
        const times = rows.map((row) => row.listened_at);
        const last = lastOfPage("listenbrainz", times, before - 1);
        // The next page begins with the last second of this one again, because its listens may be on both.
        const idOf = (row: (typeof rows)[number]) => `${row.listened_at} ${row.recording_msid}`;
        const fresh = rows.filter((row) => !atBorder.has(idOf(row)));
        for (const row of fresh) {
          if (row.listened_at < earliest) return;
          yield toListen(row);
        }
        if (rows.length < PAGE_SIZE) return;
        before = fresh.length === 0 ? last : last + 1;
        atBorder = new Set(rows.filter((row) => row.listened_at === last).map(idOf));
      }
    },
    async similarArtists(artistId, { signal } = {}) {
      const url = `${labsUrl}/similar-artists/json`;
      const query = { artist_mbids: artistId, algorithm: SIMILARITY };
      const rows = await caller.call({ url, query, schema: similarAnswer, isCached: true }, { signal });
      const found = (rows ?? []).map((row) => ({ artistId: row.artist_mbid, artist: row.name, score: row.score }));
      return found.toSorted((left, right) => right.score - left.score);
    },
    async describe({ artist, title }, { signal } = {}) {
      const query = { artist_name: artist, recording_name: title, metadata: "true", inc: "tag release" };
      const url = `${baseUrl}/1/metadata/lookup/`;
      const answer = await caller.call(
        { url, query, headers: headers(), schema: lookupAnswer, isCached: true },
        { signal },
      );
      if (answer?.recording_mbid === undefined) return undefined;
      const { metadata } = answer;
      const rows = metadata?.tag?.recording.length ? metadata.tag.recording : (metadata?.tag?.artist ?? []);
      return {
        recordingId: answer.recording_mbid,
        artistIds: answer.artist_mbids,
        releaseTitle: answer.release_name,
        releaseYear: metadata?.release?.year ?? undefined,
        durationMs: metadata?.recording?.length ?? undefined,
        tags: toTags(rows.map(({ tag, count }) => ({ name: tag, count }))),
      };
    },
    stats: caller.stats,
    close: caller.close,
    [Symbol.asyncDispose]: caller.close,
  };
}

type ListenRow = z.infer<typeof listensAnswer>["payload"]["listens"][number];

function toListen({ listened_at: at, track_metadata: track }: ListenRow): ReportedListen {
  return {
    artist: track.artist_name,
    title: track.track_name,
    releaseTitle: track.release_name || undefined,
    recordingId: track.mbid_mapping?.recording_mbid,
    listenedAtMs: at * 1_000,
  };
}
