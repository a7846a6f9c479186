import { systemClock, type Clock } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { chooseDiverse, sameArtistSimilarity, type Similarity } from "../rerank.ts";
import type { Track } from "../store/play.ts";
import {
  fromPicks,
  namedMoods,
  nearMood,
  type MoodPoint,
  type PlaylistCandidate,
  type PlaylistSources,
} from "./candidate-pool.ts";
import { interleave } from "./interleave.ts";
import { parsePrompt } from "./parse-prompt.ts";
import { candidatesOf, moodPool } from "./prompt-candidates.ts";

/** The types of playlist that can be generated. */
export const PlaylistType = {
  /** Like what the listener heard lately. */
  similarRecent: "similarRecent",
  /** What the listener never heard. */
  discovery: "discovery",
  /** What is heard most of late. */
  trending: "trending",
  /** What fits a mood, by its tags. */
  mood: "mood",
  /** What a prompt asks for; see `parsePrompt`. */
  prompt: "prompt",
} as const;

/** One of {@link PlaylistType}. */
export type PlaylistType = (typeof PlaylistType)[keyof typeof PlaylistType];

/** Options of {@link createPlaylistGenerator}. */
export interface PlaylistGeneratorOptions extends PlaylistSources {
  /** How alike two tracks are, for `diversityRatio`. Defaults to whether they are by one artist. */
  readonly similarity?: Similarity | undefined;
  readonly clock?: Clock | undefined;
}

/** The settings of one playlist. */
export interface GeneratePlaylistOptions {
  /** How many tracks at the most, from 1 to 500. Defaults to 25. */
  readonly limit?: number | undefined;
  /** The most tracks of one artist, from 1. Defaults to 3; for a prompt to no limit. */
  readonly artistLimit?: number | undefined;
  /** How much difference among the tracks counts beside their scores, from 0 to 1. Defaults to 0. */
  readonly diversityRatio?: number | undefined;
  /** How many of the latest listens `similarRecent` goes by, from 1 to 500. Defaults to 30. */
  readonly recentCount?: number | undefined;
  /** Whether `similarRecent`, `trending` and `mood` may bring what the listener knows. Defaults to true. */
  readonly allowKnown?: boolean | undefined;
  /** How far back `trending` looks, in milliseconds. Defaults to 14 days. */
  readonly windowMs?: number | undefined;
  /** Whose plays `trending` goes by: one community's, or everybody's by default. */
  readonly communityId?: string | undefined;
  /** What `mood` looks for: the name of a mood or a point. */
  readonly mood?: keyof typeof namedMoods | MoodPoint | undefined;
  /** What `prompt` looks for. */
  readonly prompt?: string | undefined;
  /** Tracks by key that must not come. */
  readonly exclude?: readonly string[] | undefined;
  /** The name under which the playlist is kept for the user; it is not kept without one. */
  readonly saveAs?: string | undefined;
}

/** A track of a generated playlist and why it is in it. */
export interface PlaylistEntry {
  readonly key: string;
  readonly track: Track;
  readonly reason: string;
}

/** What {@link PlaylistGenerator.generatePlaylist} made. */
export interface GeneratedPlaylist {
  readonly type: PlaylistType;
  readonly entries: readonly PlaylistEntry[];
  /** What a person should know: "tag:(vaporwave) found nothing". */
  readonly notes: readonly string[];
  /** The id of the playlist that was kept; null when none was to be kept or there was nothing to keep. */
  readonly playlistId: string | null;
}

/** Generates playlists for listeners. */
export interface PlaylistGenerator {
  /**
   * Generates a playlist of a type for a user.
   *
   * @throws RecommenderError RECOMMENDER_PLAYLIST_SETTINGS_INVALID, RECOMMENDER_PROMPT_INVALID, or RECOMMENDER_PLAYLIST_UNKNOWN
   * for a prompt that names a playlist that is not there
   */
  generatePlaylist(
    username: string,
    type: PlaylistType,
    settings?: GeneratePlaylistOptions,
  ): Promise<GeneratedPlaylist>;
}

interface Question extends PlaylistSources {
  readonly userId: string;
  readonly nowMs: number;
  readonly settings: GeneratePlaylistOptions;
  readonly notes: string[];
}

const CANDIDATES = 500;

/** Builds a {@link PlaylistGenerator}. */
export function createPlaylistGenerator(options: PlaylistGeneratorOptions): PlaylistGenerator {
  const { store, model, moodOf, similarity = sameArtistSimilarity, clock = systemClock } = options;
  return {
    async generatePlaylist(userId, type, settings = {}) {
      checkSettings(type, settings, moodOf !== undefined);
      const { limit = 25, diversityRatio = 0, exclude = [], saveAs, allowKnown = true } = settings;
      const { artistLimit = type === "prompt" ? limit : 3 } = settings;
      const question: Question = { store, model, moodOf, userId, nowMs: clock.now(), settings, notes: [] };
      const excluded = new Set(exclude);
      const found = (await byType[type](question)).filter(({ key }) => !excluded.has(key));
      const wanted = allowKnown || type === "prompt" ? found : await unheard(question, found);
      const picks = chooseDiverse(
        wanted.map((candidate) => ({ ...candidate, reasons: [] })),
        { limit, artistLimit, diversityRatio, similarity },
      );
      const reasons = new Map(wanted.map(({ key, reason }) => [key, reason]));
      const entries = picks.map(({ key, track }) => ({ key, track, reason: reasons.get(key) ?? "" }));
      if (entries.length === 0) question.notes.push("nothing was found");
      const playlistId = saveAs === undefined || entries.length === 0 ? null : await save(question, type, entries);
      return { type, entries, notes: question.notes, playlistId };
    },
  };
}

const byType: Readonly<Record<PlaylistType, (question: Question) => Promise<readonly PlaylistCandidate[]>>> = {
  async similarRecent(question) {
    const { store, model, userId, settings } = question;
    const recent = await store.recentListens(userId, { limit: settings.recentCount ?? 30 });
    const titles = new Map(recent.map(({ key, track }) => [key, track.title]));
    const seeds = [...titles.keys()].toReversed();
    const picks = model
      .recommendFor(seeds, { limit: CANDIDATES, allowKnown: true })
      .filter(({ itemId }) => !titles.has(itemId));
    const similar = await fromPicks(store, picks, (key) => {
      const [because] = model.because(seeds, key, 1);
      return because === undefined ? "liked by similar listeners" : `because you heard ${titles.get(because.itemId)}`;
    });
    return filled(question, similar, titles);
  },

  async discovery(question) {
    const { store, model, userId } = question;
    const picks = model.recommend(userId, { limit: CANDIDATES });
    const own = model.historyOf(userId);
    const causes = new Map(picks.map(({ itemId }) => [itemId, model.because(own, itemId, 1)[0]?.itemId]));
    const names = await store.tracks([...causes.values()].filter((key) => key !== undefined));
    const suited = await fromPicks(store, picks, (key) => {
      const cause = names.get(causes.get(key) ?? "");
      return cause === undefined
        ? "new to you, liked by similar listeners"
        : `new to you, because you heard ${cause.title}`;
    });
    return unheard(question, await filled(question, suited, new Map()));
  },

  trending: (question) => popular(question),

  async mood(question) {
    const { mood = "happy" } = question.settings;
    const [point, name] = typeof mood === "string" ? [namedMoods[mood], mood] : [mood, "of this mood"];
    return nearMood(question, await moodPool(question), point, name);
  },

  async prompt(question) {
    const terms = parsePrompt(question.settings.prompt ?? "");
    if (question.moodOf === undefined && terms.some(({ entity }) => entity === "mood")) refuse(NO_MOODS);
    const lists = await Promise.all(
      terms.map(async (term) => ({ weight: term.weight, items: await candidatesOf(term, question) })),
    );
    for (const [index, { items }] of lists.entries())
      if (items.length === 0) question.notes.push(`${terms[index]?.text} found nothing`);
    const mixed = interleave(lists, ({ key }) => key);
    return mixed.map((candidate, index) => ({ ...candidate, score: 1 - index / mixed.length }));
  },
};

async function popular({ store, nowMs, settings }: Question): Promise<readonly PlaylistCandidate[]> {
  const { windowMs, communityId } = settings;
  const tracks = await store.popularTracks({ nowMs, windowMs, communityId, limit: CANDIDATES });
  return tracks.map(({ key, track, heat, listeners }) => ({
    key,
    track,
    score: heat,
    reason: listeners > 1 ? `heard by ${listeners} listeners lately` : "heard lately",
  }));
}

/** Adds what is popular behind what was found, when that is less than was asked for: a new listener gets a playlist too. */
async function filled(
  question: Question,
  found: readonly PlaylistCandidate[],
  known: ReadonlyMap<string, unknown>,
): Promise<readonly PlaylistCandidate[]> {
  if (found.length >= (question.settings.limit ?? 25)) return found;
  const keys = new Set(found.map(({ key }) => key));
  const more = (await popular(question)).filter(({ key }) => !keys.has(key) && !known.has(key));
  const lowest = found.at(-1)?.score ?? 1;
  const highest = more[0]?.score ?? 1;
  return [...found, ...more.map((candidate) => ({ ...candidate, score: (lowest * candidate.score) / highest / 2 }))];
}

async function unheard(
  { store, userId }: Question,
  candidates: readonly PlaylistCandidate[],
): Promise<readonly PlaylistCandidate[]> {
  const known = await store.listenCounts(
    userId,
    candidates.map(({ key }) => key),
  );
  return candidates.filter(({ key }) => !known.has(key));
}

async function save({ store, userId, settings }: Question, type: PlaylistType, entries: readonly PlaylistEntry[]) {
  const description = type === "prompt" ? settings.prompt : `Generated: ${type}`;
  const playlistId = await store.createPlaylist({ userId, name: settings.saveAs ?? "", description, type });
  await store.addTracksToPlaylist(
    playlistId,
    entries.map(({ track }) => track),
  );
  return playlistId;
}

const NO_MOODS = "moods need a moodOf that judges tags";

function refuse(what: string): never {
  throw new RecommenderError("RECOMMENDER_PLAYLIST_SETTINGS_INVALID", `Cannot generate the playlist: ${what}.`);
}

function checkSettings(type: PlaylistType, settings: GeneratePlaylistOptions, hasMoods: boolean): void {
  const { limit = 1, recentCount = 1, artistLimit = 1, diversityRatio = 0, windowMs = 1, mood, prompt } = settings;
  if (!Object.hasOwn(byType, type)) refuse(`${type} is no type; take one of ${Object.keys(byType).join(", ")}`);
  for (const [name, count] of Object.entries({ limit, recentCount }))
    if (!Number.isInteger(count) || count < 1 || count > 500)
      refuse(`${name} must be a whole number from 1 to 500, not ${count}`);
  if (!Number.isInteger(artistLimit) || artistLimit < 1)
    refuse(`artistLimit must be a whole number from 1, not ${artistLimit}`);
  if (!(diversityRatio >= 0 && diversityRatio <= 1))
    refuse(`diversityRatio must be from 0 to 1, not ${diversityRatio}`);
  if (!(windowMs > 0 && windowMs < Number.POSITIVE_INFINITY))
    refuse(`windowMs must be a positive number of milliseconds, not ${windowMs}`);
  if (type === "prompt" && prompt === undefined) refuse("a prompt is missing");
  if (type !== "mood") return;
  if (!hasMoods) refuse(NO_MOODS);
  const isKnown = typeof mood === "string" ? Object.hasOwn(namedMoods, mood) : mood !== undefined;
  if (!isKnown) refuse(`mood must be a point or one of ${Object.keys(namedMoods).join(", ")}`);
}
