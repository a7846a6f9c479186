import type { Track } from "../track.ts";
import type { Lavalink } from "../lavalink.ts";

/** Prefixes of the sources that LavaSrc brings, for `lavalink.search(words, prefix)`. @see topi314/LavaSrc, README, "Usage" */
export const lavaSrcSearchPrefixes = {
  spotify: "spsearch",
  appleMusic: "amsearch",
  deezer: "dzsearch",
  yandexMusic: "ymsearch",
  vkMusic: "vksearch",
  tidal: "tdsearch",
  qobuz: "qbsearch",
  jioSaavn: "jssearch",
} as const;

/** What LavaSrc adds to a track. */
export interface LavaSrcInfo {
  readonly albumName: string | null;
  readonly albumUrl: string | null;
  readonly artistUrl: string | null;
  readonly artistArtworkUrl: string | null;
  readonly previewUrl: string | null;
  /** Whether only a preview of the track can be played. */
  readonly isPreview: boolean;
}

/** What LavaSrc says about a track; null for tracks of other sources. */
export function lavaSrcInfoOf({ pluginInfo }: Pick<Track, "pluginInfo">): LavaSrcInfo | null {
  if (!("isPreview" in pluginInfo) && !("albumName" in pluginInfo)) return null;
  const text = (field: string) => (typeof pluginInfo[field] === "string" ? pluginInfo[field] : null);
  return {
    albumName: text("albumName"),
    albumUrl: text("albumUrl"),
    artistUrl: text("artistUrl"),
    artistArtworkUrl: text("artistArtworkUrl"),
    previewUrl: text("previewUrl"),
    isPreview: pluginInfo["isPreview"] === true,
  };
}

/** Changes LavaSrc's settings of a node while it runs, such as a source's tokens; fields as in the plugin's own documentation. */
export async function configureLavaSrc(
  lavalink: Pick<Lavalink, "request">,
  settings: Readonly<Record<string, unknown>>,
  options: { readonly node?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await lavalink.request({ method: "PATCH", path: "/v4/lavasrc/config", body: settings, ...options });
}
