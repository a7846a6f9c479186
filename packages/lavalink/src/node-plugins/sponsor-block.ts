import { z } from "zod";
import type { LavalinkEvent } from "../event.ts";
import type { Lavalink } from "../lavalink.ts";
import type { Player } from "../player.ts";
import { checked } from "./checked.ts";

/** Kinds of segments that SponsorBlock knows. @see SponsorBlock wiki, "Types" */
export type SponsorBlockCategory =
  | "sponsor"
  | "selfpromo"
  | "interaction"
  | "intro"
  | "outro"
  | "preview"
  | "music_offtopic"
  | "filler";

/** A part of a video. */
export interface SponsorSegment {
  readonly category: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A chapter of a video. */
export interface VideoChapter {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** What the plugin tells. */
export type SponsorBlockEvent =
  | { readonly type: "segmentsLoaded"; readonly segments: readonly SponsorSegment[] }
  | { readonly type: "segmentSkipped"; readonly segment: SponsorSegment }
  | { readonly type: "chaptersLoaded"; readonly chapters: readonly VideoChapter[] }
  | { readonly type: "chapterStarted"; readonly chapter: VideoChapter };

interface WithSignal {
  readonly signal?: AbortSignal | undefined;
}
type Requests = Pick<Lavalink, "request">;
type PlayerPlace = Pick<Player, "guildId" | "node">;

const segmentSchema = z
  .looseObject({ category: z.string(), start: z.number(), end: z.number() })
  .transform(({ category, start, end }): SponsorSegment => ({ category, startMs: start, endMs: end }));
const chapterSchema = z
  .looseObject({ name: z.string(), start: z.number(), end: z.number() })
  .transform(({ name, start, end }): VideoChapter => ({ name, startMs: start, endMs: end }));

const placeOf = ({ guildId, node }: PlayerPlace) => ({
  path: `/v4/sessions/{sessionId}/players/${guildId}/sponsorblock/categories`,
  node,
});

/** Which kinds of segments a player skips. @see topi314/Sponsorblock-Plugin, README, "API" */
export async function sponsorBlockCategories(
  lavalink: Requests,
  player: PlayerPlace,
  { signal }: WithSignal = {},
): Promise<readonly string[]> {
  const body = await lavalink.request({ method: "GET", ...placeOf(player), signal });
  return body === undefined ? [] : checked("sponsorBlockCategories", z.array(z.string()), body);
}

/** Lets a player skip these kinds of segments, in place of those before; an empty list skips nothing. */
export async function setSponsorBlockCategories(
  lavalink: Requests,
  player: PlayerPlace,
  categories: readonly SponsorBlockCategory[],
  { signal }: WithSignal = {},
): Promise<void> {
  const change = categories.length === 0 ? { method: "DELETE" as const } : { method: "PUT" as const, body: categories };
  await lavalink.request({ ...change, ...placeOf(player), signal });
}

/** A node's message as an event of SponsorBlock; undefined for every other message. */
export function toSponsorBlockEvent({
  name,
  data,
}: Extract<LavalinkEvent, { readonly type: "nodeMessage" }>): SponsorBlockEvent | undefined {
  switch (name) {
    case "SegmentsLoaded":
      return { type: "segmentsLoaded", segments: checked(name, segmentSchema.array(), data["segments"]) };
    case "SegmentSkipped":
      return { type: "segmentSkipped", segment: checked(name, segmentSchema, data["segment"]) };
    case "ChaptersLoaded":
      return { type: "chaptersLoaded", chapters: checked(name, chapterSchema.array(), data["chapters"]) };
    case "ChapterStarted":
      return { type: "chapterStarted", chapter: checked(name, chapterSchema, data["chapter"]) };
    default:
      return undefined;
  }
}
