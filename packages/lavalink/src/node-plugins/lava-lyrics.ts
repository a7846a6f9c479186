import { z } from "zod";
import type { LavalinkEvent } from "../event.ts";
import type { Lavalink } from "../lavalink.ts";
import type { Player } from "../player.ts";
import { checked } from "./checked.ts";

/** One line of lyrics. */
export interface LyricsLine {
  /** When it is sung, in milliseconds. */
  readonly atMs: number;
  /** Null when the source does not say. */
  readonly durationMs: number | null;
  readonly text: string;
}

/** The lyrics of a track. */
export interface Lyrics {
  readonly sourceName: string;
  /** Who wrote them down; null when the source does not say. */
  readonly provider: string | null;
  /** The whole text; null when there are only lines. */
  readonly text: string | null;
  /** Empty when the lyrics are not timed. */
  readonly lines: readonly LyricsLine[];
}

/** What the plugin tells about the lyrics of a player that was subscribed. */
export type LyricsEvent =
  | { readonly type: "found"; readonly lyrics: Lyrics }
  | { readonly type: "notFound" }
  /** A line is sung now; `isSkipped` when a seek jumped over it. */
  | { readonly type: "line"; readonly index: number; readonly line: LyricsLine; readonly isSkipped: boolean };

/** What every call to the plugin takes. */
export interface LyricsOptions {
  /** Whether the track's own source is left out, for lyrics from elsewhere. Defaults to false. */
  readonly skipTrackSource?: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Requests = Pick<Lavalink, "request">;
type PlayerPlace = Pick<Player, "guildId" | "node">;

const lineSchema = z
  .looseObject({ timestamp: z.number(), duration: z.number().nullish(), line: z.string() })
  .transform(({ timestamp, duration, line }): LyricsLine => ({
    atMs: timestamp,
    durationMs: duration ?? null,
    text: line,
  }));
const lyricsSchema = z
  .looseObject({
    sourceName: z.string(),
    provider: z.string().nullish(),
    text: z.string().nullish(),
    lines: lineSchema.array().nullish(),
  })
  .transform(({ sourceName, provider, text, lines }): Lyrics => ({
    sourceName,
    provider: provider ?? null,
    text: text ?? null,
    lines: lines ?? [],
  }));
const lineEventSchema = z.looseObject({ lineIndex: z.number(), line: lineSchema, skipped: z.boolean() });

const playerPath = ({ guildId }: PlayerPlace, rest: string) => `/v4/sessions/{sessionId}/players/${guildId}${rest}`;
const queryOf = ({ skipTrackSource = false }: LyricsOptions) => ({ skipTrackSource: String(skipTrackSource) });

/** The lyrics of what a player plays; null when the plugin finds none. @see topi314/LavaLyrics, README, "API" */
export async function currentLyrics(
  lavalink: Requests,
  player: PlayerPlace,
  options: LyricsOptions = {},
): Promise<Lyrics | null> {
  const path = playerPath(player, "/track/lyrics");
  const { signal } = options;
  const body = await lavalink.request({ method: "GET", path, query: queryOf(options), node: player.node, signal });
  return body === undefined ? null : checked("currentLyrics", lyricsSchema, body);
}

/** The lyrics of any track in its encoded form; null when the plugin finds none. */
export async function lyricsOf(
  lavalink: Requests,
  encoded: string,
  options: LyricsOptions = {},
): Promise<Lyrics | null> {
  const query = { track: encoded, ...queryOf(options) };
  const body = await lavalink.request({ method: "GET", path: "/v4/lyrics", query, signal: options.signal });
  return body === undefined ? null : checked("lyricsOf", lyricsSchema, body);
}

/** Lets the node tell each line as it is sung; read them with {@link toLyricsEvent}. */
export async function subscribeLyrics(
  lavalink: Requests,
  player: PlayerPlace,
  options: LyricsOptions = {},
): Promise<void> {
  const path = playerPath(player, "/lyrics/subscribe");
  await lavalink.request({ method: "POST", path, query: queryOf(options), node: player.node, signal: options.signal });
}

/** Ends what {@link subscribeLyrics} began. */
export async function unsubscribeLyrics(
  lavalink: Requests,
  player: PlayerPlace,
  { signal }: Pick<LyricsOptions, "signal"> = {},
): Promise<void> {
  const path = playerPath(player, "/lyrics/subscribe");
  await lavalink.request({ method: "DELETE", path, node: player.node, signal });
}

/** A node's message as an event of LavaLyrics; undefined for every other message. */
export function toLyricsEvent({
  name,
  data,
}: Extract<LavalinkEvent, { readonly type: "nodeMessage" }>): LyricsEvent | undefined {
  switch (name) {
    case "LyricsFoundEvent":
      return { type: "found", lyrics: checked(name, lyricsSchema, data["lyrics"]) };
    case "LyricsNotFoundEvent":
      return { type: "notFound" };
    case "LyricsLineEvent": {
      const { lineIndex, line, skipped } = checked(name, lineEventSchema, data);
      return { type: "line", index: lineIndex, line, isSkipped: skipped };
    }
    default:
      return undefined;
  }
}
