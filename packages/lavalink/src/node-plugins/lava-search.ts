import { trackSchema } from "@antiphon/protocol/lavalink";
import { z } from "zod";
import type { Lavalink } from "../lavalink.ts";
import { fromWireTrack, type Track } from "../track.ts";
import { checked } from "./checked.ts";

/** What LavaSearch can look for. */
export type LavaSearchType = "track" | "album" | "artist" | "playlist" | "text";

/** A playlist, album or artist; `url` loads it. */
export interface LavaSearchList {
  readonly name: string;
  /** From the plugin; null when it gives none. */
  readonly url: string | null;
  readonly artworkUrl: string | null;
  readonly author: string | null;
  /** Null when the plugin does not say. */
  readonly totalTracks: number | null;
}

/** What LavaSearch found. */
export interface LavaSearchResult {
  readonly tracks: readonly Track[];
  readonly albums: readonly LavaSearchList[];
  readonly artists: readonly LavaSearchList[];
  readonly playlists: readonly LavaSearchList[];
  /** Completions of the query. */
  readonly texts: readonly string[];
}

/** What {@link lavaSearch} takes. */
export interface LavaSearchOptions {
  /** What to look for. Defaults to everything. */
  readonly types?: readonly LavaSearchType[];
  readonly node?: string;
  readonly signal?: AbortSignal | undefined;
}

const listSchema = z
  .looseObject({
    info: z.looseObject({ name: z.string() }),
    pluginInfo: z
      .looseObject({
        url: z.string().nullish(),
        artworkUrl: z.string().nullish(),
        author: z.string().nullish(),
        totalTracks: z.number().nullish(),
      })
      .nullish(),
  })
  .transform(({ info, pluginInfo }): LavaSearchList => ({
    name: info.name,
    url: pluginInfo?.url ?? null,
    artworkUrl: pluginInfo?.artworkUrl ?? null,
    author: pluginInfo?.author ?? null,
    totalTracks: pluginInfo?.totalTracks ?? null,
  }));
const lists = listSchema
  .array()
  .nullish()
  .transform((value) => value ?? []);
const resultSchema = z.looseObject({
  tracks: trackSchema
    .array()
    .nullish()
    .transform((value) => (value ?? []).map(fromWireTrack)),
  albums: lists,
  artists: lists,
  playlists: lists,
  texts: z
    .array(z.looseObject({ text: z.string() }))
    .nullish()
    .transform((value) => (value ?? []).map(({ text }) => text)),
});

const NOTHING: LavaSearchResult = { tracks: [], albums: [], artists: [], playlists: [], texts: [] };

/**
 * Searches through the LavaSearch plugin; `query` has a source's prefix, such as `spsearch:`.
 *
 * @see topi314/LavaSearch, README, "API"
 */
export async function lavaSearch(
  lavalink: Pick<Lavalink, "request">,
  query: string,
  { types, node, signal }: LavaSearchOptions = {},
): Promise<LavaSearchResult> {
  const body = await lavalink.request({
    method: "GET",
    path: "/v4/loadsearch",
    query: types === undefined ? { query } : { query, types: types.join(",") },
    ...(node === undefined ? {} : { node }),
    signal,
  });
  if (body === undefined) return NOTHING;
  const { tracks, albums, artists, playlists, texts } = checked("lavaSearch", resultSchema, body);
  return { tracks, albums, artists, playlists, texts };
}
