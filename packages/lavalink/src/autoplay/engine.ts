import type { GuildId } from "@antiphon/protocol/discord";
import {
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type Logger,
  type Random,
} from "@antiphon/std";
import { decisionChannel, publishDecision } from "../diagnostics.ts";
import { LavalinkError } from "../error.ts";
import type { LoadResult } from "../load.ts";
import type { Track } from "../track.ts";
import { createSkipMemory } from "./skip-memory.ts";
import { createAutoplaySources, type AutoplaySources } from "./sources.ts";
import { createPlaylistStrategy, createSimilarArtistStrategy, createSourceMixStrategy } from "./strategies.ts";
import type { AutoplayCandidate, AutoplayContext, AutoplayScorer, AutoplayStrategy } from "./strategy.ts";
import { artistKey, songKey, titleKey } from "./title-key.ts";

/** What {@link AutoplayEngine.configure} changes. */
export interface AutoplaySettings {
  /** Defaults to true. */
  readonly enabled?: boolean;
  /** Names of strategies in the order in which they are asked. Defaults to `sourceMix`, `similarArtist`. */
  readonly strategies?: readonly string[];
  /** What a node loads when no strategy finds anything: a playlist's address, or a search. Defaults to none. */
  readonly fallbackPlaylist?: string | undefined;
  /** How many played tracks are remembered and not played again. Defaults to 50. */
  readonly maxHistoryTracks?: number;
  /** As many of the last ten tracks may be of one artist. Defaults to 2. */
  readonly artistLimit?: number;
  /** Shortest and longest track, in milliseconds. Defaults to 30 s and 15 min. Live streams are never picked. */
  readonly durationRangeMs?: { readonly minimum: number; readonly maximum: number };
  /** Whether the best are chosen among by chance, weighed by their scores. Otherwise the best wins. Defaults to true. */
  readonly smartShuffle?: boolean;
  /** How much likeness to what was just played counts against a candidate, 0 to 1. Defaults to 0.3. */
  readonly varietyRatio?: number;
}

/** Options of {@link createAutoplayEngine}. */
export interface AutoplayEngineOptions extends AutoplaySettings {
  readonly guildId: GuildId;
  /** How a node is asked: `lavalink.load`. */
  load(identifier: string, options: { readonly signal?: AbortSignal | undefined }): Promise<LoadResult>;
  readonly sources?: AutoplaySources;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** What comes next, and why. */
export interface AutoplayPick {
  readonly track: Track;
  /** The name of the strategy that found it. */
  readonly strategy: string;
  /** In words for people. */
  readonly reason: string;
  readonly score: number;
  /** How many candidates were looked at. */
  readonly considered: number;
  /** How many were left out, by why. */
  readonly rejected: Readonly<Partial<Record<AutoplayRejection, number>>>;
}

/** Why a candidate is left out. */
export type AutoplayRejection = "source" | "played" | "artistLimit" | "duration" | "scorer";

/** Chooses what a guild hears next. */
export interface AutoplayEngine {
  readonly guildId: GuildId;
  readonly enabled: boolean;
  /** Which hosts and sources may be played. */
  readonly sources: AutoplaySources;
  configure(settings: AutoplaySettings): void;
  /** Adds a strategy, or replaces the one of this name; it is asked once `strategies` names it. */
  registerStrategy(name: string, strategy: AutoplayStrategy): void;
  /** Adds a scorer, or replaces the one of this name; it is heard from now on. */
  registerScorer(name: string, scorer: AutoplayScorer): void;
  /** Remembers that a track was played. */
  played(track: Track): void;
  /** Remembers that people skipped a track: its artist counts less for a while. */
  skipped(track: Track): void;
  /** What was played, the latest first. */
  readonly history: readonly Track[];
  /** Finds what comes after the seed; null when it is off or nothing fits. Throws only when the signal aborts. */
  next(seed: Track, options?: { readonly signal?: AbortSignal | undefined }): Promise<AutoplayPick | null>;
}

const ARTIST_WINDOW = 10;
const SHUFFLED_BEST = 5;
const FALLBACK = "fallbackPlaylist";
const defaults = {
  enabled: true,
  strategies: ["sourceMix", "similarArtist"],
  fallbackPlaylist: undefined,
  maxHistoryTracks: 50,
  artistLimit: 2,
  durationRangeMs: { minimum: 30_000, maximum: 15 * 60_000 },
  smartShuffle: true,
  varietyRatio: 0.3,
} as const satisfies AutoplaySettings;

/** Builds an {@link AutoplayEngine} with the strategies `sourceMix` and `similarArtist`. */
export function createAutoplayEngine(options: AutoplayEngineOptions): AutoplayEngine {
  const { guildId, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const { sources = createAutoplaySources() } = options;
  const strategies = new Map<string, AutoplayStrategy>([
    ["sourceMix", createSourceMixStrategy()],
    ["similarArtist", createSimilarArtistStrategy()],
  ]);
  const scorers = new Map<string, AutoplayScorer>();
  const skips = createSkipMemory(clock);
  let settings = checkSettings({ ...defaults, ...definedOf(options) });
  // The latest first.
  let history: readonly Track[] = [];

  const ask = async (name: string, context: AutoplayContext): Promise<readonly AutoplayCandidate[]> => {
    const { fallbackPlaylist } = settings;
    const strategy =
      name === FALLBACK && fallbackPlaylist !== undefined
        ? createPlaylistStrategy(fallbackPlaylist)
        : strategies.get(name);
    if (strategy === undefined) {
      logger.warn("Autoplay knows no strategy of this name", { guildId, strategy: name });
      return [];
    }
    try {
      return await strategy.suggest(context);
    } catch (error) {
      context.signal?.throwIfAborted();
      logger.warn("An autoplay strategy failed", { guildId, strategy: name, error: describeError(error) });
      return [];
    }
  };
  const rejectionOf = (
    { track }: AutoplayCandidate,
    played: ReadonlySet<string>,
    context: AutoplayContext,
  ): AutoplayRejection | undefined => {
    const { info } = track;
    if (!sources.allows(track)) return "source";
    if (played.has(songKey(info))) return "played";
    const { minimum, maximum } = settings.durationRangeMs;
    if (info.isStream || info.length < minimum || info.length > maximum) return "duration";
    const artist = artistKey(info.author);
    const recent = context.history.slice(0, ARTIST_WINDOW).filter((each) => artistKey(each.info.author) === artist);
    return recent.length >= settings.artistLimit ? "artistLimit" : undefined;
  };
  const scoreOf = (candidate: AutoplayCandidate, context: AutoplayContext): number => {
    let score = candidate.relevance * skips.factorOf(candidate.track.info.author);
    for (const scorer of scorers.values()) score *= scorer.score(candidate, context);
    const likeness = Math.max(
      0,
      ...context.history.slice(0, ARTIST_WINDOW).map((track) => likenessOf(track, candidate.track)),
    );
    return Number.isFinite(score) ? score - settings.varietyRatio * likeness * score : 0;
  };
  const choose = (scored: readonly Scored[]): Scored | undefined => {
    const best = scored.toSorted((left, right) => right.score - left.score);
    if (!settings.smartShuffle) return best[0];
    const few = best.slice(0, SHUFFLED_BEST);
    let left = random.next() * few.reduce((sum, { score }) => sum + score, 0);
    return few.find(({ score }) => (left -= score) < 0) ?? few[0];
  };
  const pickFrom = (name: string, candidates: readonly AutoplayCandidate[], context: AutoplayContext) => {
    const played = new Set(context.history.map(({ info }) => songKey(info)));
    const rejected: Partial<Record<AutoplayRejection, number>> = {};
    const scored: Scored[] = [];
    for (const candidate of candidates) {
      let rejection = rejectionOf(candidate, played, context);
      const score = rejection === undefined ? scoreOf(candidate, context) : 0;
      if (rejection === undefined && score <= 0) rejection = "scorer";
      if (rejection === undefined) scored.push({ candidate, score });
      else rejected[rejection] = (rejected[rejection] ?? 0) + 1;
    }
    const chosen = choose(scored);
    if (chosen === undefined) return undefined;
    const { track, reason } = chosen.candidate;
    return { track, strategy: name, reason, score: chosen.score, considered: candidates.length, rejected };
  };

  return {
    guildId,
    sources,
    get enabled() {
      return settings.enabled;
    },
    get history() {
      return history;
    },
    configure(next) {
      settings = checkSettings({ ...settings, ...definedOf(next) });
      history = history.slice(0, settings.maxHistoryTracks);
    },
    registerStrategy: (name, strategy) => void strategies.set(name, strategy),
    registerScorer: (name, scorer) => void scorers.set(name, scorer),
    played(track) {
      history = [track, ...history].slice(0, settings.maxHistoryTracks);
    },
    skipped: (track) => skips.add(track.info.author),
    async next(seed, { signal } = {}) {
      if (!settings.enabled) return null;
      const load = (identifier: string) => options.load(identifier, { signal });
      const known = history[0] !== undefined && songKey(history[0].info) === songKey(seed.info);
      const context = { guildId, seed, history: known ? history : [seed, ...history], random, signal, load };
      const names = settings.fallbackPlaylist === undefined ? settings.strategies : [...settings.strategies, FALLBACK];
      for (const name of names) {
        const pick = pickFrom(name, await ask(name, context), context);
        if (pick === undefined) continue;
        if (decisionChannel.hasSubscribers) {
          publishDecision({ kind: "autoplay", guildId, track: pick.track, strategy: name, reason: pick.reason });
        }
        return pick;
      }
      if (decisionChannel.hasSubscribers) {
        const reason = `none of ${names.join(", ")} found anything that fits`;
        publishDecision({ kind: "autoplay", guildId, track: null, strategy: null, reason });
      }
      return null;
    },
  };
}

interface Scored {
  readonly candidate: AutoplayCandidate;
  readonly score: number;
}

type FullSettings = { readonly [Name in keyof typeof defaults]: NonNullable<AutoplaySettings[Name]> } & {
  readonly fallbackPlaylist: string | undefined;
};

/** The settings among options, without those that are left out. */
function definedOf(settings: AutoplaySettings): Partial<FullSettings> {
  const named = Object.entries(settings).filter(
    ([name, value]) => Object.hasOwn(defaults, name) && value !== undefined,
  );
  return Object.fromEntries(named);
}

function checkSettings(settings: AutoplaySettings): FullSettings {
  const full = settings as FullSettings;
  const wrong =
    !(full.maxHistoryTracks >= 1) ||
    !(full.artistLimit >= 1) ||
    !(full.varietyRatio >= 0 && full.varietyRatio <= 1) ||
    full.strategies.length === 0;
  if (!wrong) return full;
  const message =
    "autoplay: maxHistoryTracks and artistLimit must be 1 or more, varietyRatio from 0 to 1, and strategies must name one.";
  throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}

/** How alike two tracks are, 0 to 1: half for the artist, half for the words that their titles share. */
function likenessOf(left: Track, right: Track): number {
  const sameArtist = artistKey(left.info.author) === artistKey(right.info.author) ? 0.5 : 0;
  const ownWords = new Set(titleKey(left.info).split(" "));
  const otherWords = new Set(titleKey(right.info).split(" "));
  return sameArtist + (0.5 * ownWords.intersection(otherWords).size) / ownWords.union(otherWords).size;
}
