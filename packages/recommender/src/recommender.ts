import { systemClock, systemRandom, type Clock, type Random } from "@antiphon/std";
import type { CandidateContext, CandidateSource } from "./source/candidate-source.ts";
import { discoverySource } from "./source/discovery-source.ts";
import { favouriteSource } from "./source/favourite-source.ts";
import { followUpSource } from "./source/follow-up-source.ts";
import { sameArtistSource } from "./source/same-artist-source.ts";
import type { HistoryStore, Play, Track } from "./store/history-store.ts";
import { artistKey, trackKey } from "./track-key.ts";

/** Options of {@link createRecommender}. */
export interface RecommenderOptions {
  /** Where the plays are. The caller closes it. */
  readonly store: HistoryStore;
  /** Where candidates come from. Defaults to follow-ups, same artist, favourites and discoveries. */
  readonly sources?: readonly CandidateSource[];
  /** A track played within this time is not picked again. Defaults to one hour. */
  readonly cooldownMs?: number;
  /** The most picks of one artist in one answer. Defaults to 2. */
  readonly artistLimit?: number;
  /** How much chance may change a score, from 0 to 1. Defaults to 0.05, which only reorders near ties. */
  readonly explorationRatio?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** What is asked of {@link Recommender.recommend}. */
export interface RecommendRequest {
  readonly communityId: string;
  /** How many picks at the most. Defaults to 5. */
  readonly limit?: number;
  /** The track to go on from. Defaults to the community's latest play. */
  readonly seed?: Track | undefined;
  /** Tracks that must not be picked, such as those in the queue. */
  readonly exclude?: readonly Track[];
  /** Tracks that could be played though nobody here has heard them yet. */
  readonly discoverable?: readonly Track[];
}

/** A pick and why it was made. */
export interface Recommendation {
  readonly track: Track;
  /** Comparable within one answer only. */
  readonly score: number;
  /** Reasons for a person to read, strongest first; at least one. */
  readonly reasons: readonly string[];
}

/** Records what a community hears and says what it may want to hear next. */
export interface Recommender {
  /** Keeps one play; see {@link HistoryStore.recordPlay}. */
  recordPlay(play: Play): Promise<boolean>;
  /** Picks, best first. When everything known is in its cooldown, the tracks heard longest ago come back rather than silence. */
  recommend(request: RecommendRequest): Promise<readonly Recommendation[]>;
}

interface Scored {
  readonly track: Track;
  score: number;
  readonly reasons: { readonly text: string; readonly share: number }[];
}

/** Builds a {@link Recommender} over a store. */
export function createRecommender(options: RecommenderOptions): Recommender {
  const { store, clock = systemClock, random = systemRandom } = options;
  const { cooldownMs = 3_600_000, artistLimit = 2, explorationRatio = 0.05 } = options;
  const sources = options.sources ?? [followUpSource(), sameArtistSource(), favouriteSource(), discoverySource()];

  const contextOf = async (request: RecommendRequest): Promise<CandidateContext> => {
    const { communityId, discoverable = [] } = request;
    const [recent, summaries] = await Promise.all([store.recentPlays(communityId), store.trackSummaries(communityId)]);
    return {
      communityId,
      store,
      seed: request.seed ?? recent[0]?.track,
      recent,
      library: new Map(summaries.map((summary) => [summary.key, summary])),
      discoverable,
      nowMs: clock.now(),
    };
  };

  const lastHeardMs = (context: CandidateContext, key: string) =>
    context.library.get(key)?.lastPlayedAtMs ?? Number.NEGATIVE_INFINITY;

  return {
    recordPlay: (play) => store.recordPlay(play),
    async recommend(request) {
      const { limit = 5, exclude = [] } = request;
      const context = await contextOf(request);
      const excluded = new Set(
        [...exclude, ...(context.seed ? [context.seed] : [])].map((track) => trackKey(track.artist, track.title)),
      );
      const scored = await gather(sources, context, excluded);
      for (const candidate of scored.values()) candidate.score *= 1 + explorationRatio * (random.next() - 0.5);
      const byScore = [...scored].sort(([, a], [, b]) => b.score - a.score);
      const rested = byScore.filter(([key]) => context.nowMs - lastHeardMs(context, key) >= cooldownMs);
      const tired = byScore.filter((entry) => !rested.includes(entry));
      tired.sort(([a], [b]) => lastHeardMs(context, a) - lastHeardMs(context, b));
      const picks = capArtists(
        rested.map(([, candidate]) => candidate),
        artistLimit,
        limit,
      );
      for (const [, candidate] of tired) {
        if (picks.length > 0) break;
        picks.push(candidate);
      }
      return picks.map(({ track, score, reasons }) => ({
        track,
        score,
        reasons: [...new Set(reasons.sort((a, b) => b.share - a.share).map(({ text }) => text))],
      }));
    },
  };
}

async function gather(
  sources: readonly CandidateSource[],
  context: CandidateContext,
  excluded: ReadonlySet<string>,
): Promise<Map<string, Scored>> {
  const scored = new Map<string, Scored>();
  const lists = await Promise.all(sources.map((source) => source.candidates(context)));
  for (const [index, source] of sources.entries()) {
    for (const { key, track, score, reason } of lists[index] ?? []) {
      if (excluded.has(key)) continue;
      const share = source.weight * score * (1 - skipPenalty(context, key));
      const entry = scored.get(key) ?? { track, score: 0, reasons: [] };
      entry.score += share;
      entry.reasons.push({ text: reason, share });
      scored.set(key, entry);
    }
  }
  return scored;
}

/** The share of a track's plays that were skipped, pulled towards zero while there are few. */
function skipPenalty(context: CandidateContext, key: string): number {
  const summary = context.library.get(key);
  return summary === undefined ? 0 : summary.skips / (summary.plays + 1);
}

function capArtists(candidates: readonly Scored[], artistLimit: number, limit: number): Scored[] {
  const counts = new Map<string, number>();
  const picks: Scored[] = [];
  for (const candidate of candidates) {
    if (picks.length === limit) break;
    const artist = artistKey(candidate.track.artist);
    const count = counts.get(artist) ?? 0;
    // Nameless artists are not one artist.
    if (artist !== "" && count >= artistLimit) continue;
    counts.set(artist, count + 1);
    picks.push(candidate);
  }
  return picks;
}
