import { decodeTrack, encodeTrack, STREAM_LENGTH_MS, trackInfoOf } from "@antiphon/protocol/lavalink";
import { createSecret } from "@antiphon/std";
import { z } from "zod";
import { fetchJson } from "../fetch-json.ts";
import type { Track } from "../track.ts";
import type { LavalinkPlugin, PluginCall } from "./plugin.ts";

/** Options of {@link createYouTubePlugin}. */
export interface YouTubePluginOptions {
  /** The owner's key of the YouTube Data API; sent there only. */
  readonly apiKey: string;
  /** Defaults to `https://www.googleapis.com/youtube/v3/`. */
  readonly apiUrl?: string;
  /** As many results of a search, 1 to 50. Defaults to 10. */
  readonly limit?: number;
  /** How long an answer may take, in milliseconds. Defaults to 5,000. */
  readonly timeoutMs?: number;
}

/** {@link LavalinkPlugin} for YouTube. */
export interface YouTubePlugin extends LavalinkPlugin {
  /** The best results first. Throws `LAVALINK_PLUGIN_FAILED` when YouTube refuses. Costs 101 units of the daily quota. */
  search(query: string, call?: PluginCall): Promise<readonly Track[]>;
  /** Loads a video by its address, or declines with null. Costs one unit. */
  loadTrack(url: string, call?: PluginCall): Promise<Track | null>;
}

const foundSchema = z.looseObject({
  items: z.looseObject({ id: z.looseObject({ videoId: z.string().optional() }) }).array(),
});
const videosSchema = z.looseObject({
  items: z
    .looseObject({
      id: z.string(),
      snippet: z.looseObject({
        title: z.string(),
        channelTitle: z.string(),
        liveBroadcastContent: z.string().optional(),
        thumbnails: z.record(z.string(), z.looseObject({ url: z.string() })).optional(),
      }),
      contentDetails: z.looseObject({ duration: z.string().optional() }).optional(),
    })
    .array(),
});
type Video = z.output<typeof videosSchema>["items"][number];

const HOSTS: ReadonlySet<string> = new Set(["youtube.com", "music.youtube.com", "m.youtube.com"]);

/**
 * Finds videos by YouTube's own Data API, and gives them as tracks that a node with a YouTube source plays; the node is not asked until then.
 *
 * @see YouTube Data API, search.list and videos.list
 */
export function createYouTubePlugin(options: YouTubePluginOptions): YouTubePlugin {
  const { apiUrl = "https://www.googleapis.com/youtube/v3/", limit = 10, timeoutMs = 5_000 } = options;
  const key = createSecret(options.apiKey);
  const base = apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/`;

  const call = async <Output>(
    path: string,
    parameters: Readonly<Record<string, string>>,
    schema: z.ZodType<Output>,
    signal: AbortSignal | undefined,
  ): Promise<Output> => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    url.searchParams.set("key", key.reveal());
    const service = `${path}: the YouTube Data API`;
    return schema.parse(await fetchJson(url, { service, code: "LAVALINK_PLUGIN_FAILED", timeoutMs, signal }));
  };
  const videos = async (ids: readonly string[], signal: AbortSignal | undefined): Promise<readonly Track[]> => {
    if (ids.length === 0) return [];
    const parameters = { part: "snippet,contentDetails", id: ids.join(","), maxResults: "50" };
    const { items } = await call("videos", parameters, videosSchema, signal);
    // The order of the answer is not promised.
    const byId = new Map(items.map((video) => [video.id, video]));
    return ids.flatMap((id) => byId.get(id) ?? []).map(toTrack);
  };

  return {
    name: "youtube",
    async search(query, { signal } = {}) {
      const parameters = { part: "id", type: "video", q: query, maxResults: String(limit) };
      const { items } = await call("search", parameters, foundSchema, signal);
      return videos(
        items.flatMap(({ id }) => id.videoId ?? []),
        signal,
      );
    },
    async loadTrack(url, { signal } = {}) {
      const id = videoIdOf(url);
      return id === undefined ? null : ((await videos([id], signal))[0] ?? null);
    },
  };
}

function videoIdOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname, searchParams } = new URL(address);
  const host = hostname.replace(/^www\./, "");
  const [, first, second] = pathname.split("/");
  let id: string | null | undefined;
  if (host === "youtu.be") id = first;
  else if (HOSTS.has(host)) id = first === "watch" ? searchParams.get("v") : first === "shorts" ? second : undefined;
  return typeof id === "string" && /^[\w-]{11}$/.test(id) ? id : undefined;
}

function toTrack({ id, snippet, contentDetails }: Video): Track {
  const isStream = snippet.liveBroadcastContent === "live";
  const { high, default: small } = snippet.thumbnails ?? {};
  const encoded = encodeTrack({
    version: 3,
    title: snippet.title,
    author: snippet.channelTitle,
    lengthMs: isStream ? STREAM_LENGTH_MS : BigInt(durationMs(contentDetails?.duration ?? "")),
    identifier: id,
    isStream,
    uri: `https://www.youtube.com/watch?v=${id}`,
    artworkUrl: (high ?? small)?.url ?? null,
    isrc: null,
    sourceName: "youtube",
    details: Buffer.alloc(0),
    positionMs: 0n,
  });
  return { encoded, info: trackInfoOf(decodeTrack(encoded)), pluginInfo: {}, userData: {} };
}

/** Milliseconds of an ISO 8601 duration such as `PT1H2M3S`; 0 for what is none. */
function durationMs(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
