import { systemClock, systemRandom, type Clock, type Random } from "@antiphon/std";
import { gather, gatherForGroup, type Scored } from "./gather.ts";
import type { GroupBlend } from "./group-blend.ts";
import { chooseDiverse, sameArtistSimilarity, type Similarity } from "./rerank.ts";
import type { CandidateContext, CandidateSource } from "./source/candidate-source.ts";
import { discoverySource } from "./source/discovery-source.ts";
import { favouriteSource } from "./source/favourite-source.ts";
import { followUpSource } from "./source/follow-up-source.ts";
import { sameArtistSource } from "./source/same-artist-source.ts";
import type { HistoryStore, TrackSummary } from "./store/history-store.ts";
import type { Play, Track } from "./store/play.ts";
import { trackKey } from "./track-key.ts";

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
  /** How much difference among the picks counts beside their scores, from 0 to 1. Defaults to 0. */
  readonly diversityRatio?: number;
  /** How alike two tracks are, for `diversityRatio`. Defaults to whether they are by one artist. */
  readonly similarity?: Similarity;
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
  /** Whether tracks that were heard here may be picked: only others, both, or these rather. Defaults to `allow`. */
  readonly repeat?: "avoid" | "allow" | "prefer";
  /** How much little-played tracks are preferred, from 0 to 1. Defaults to 0. */
  readonly noveltyRatio?: number;
  /** Who listens: their own tastes are asked for and blended. Defaults to the community as a whole. */
  readonly listeners?: readonly string[];
  /** How they are blended. Defaults to `leastMisery`: nobody has to leave the room. */
  readonly blend?: GroupBlend;
}

/** The most listeners of a room that are asked for; in a bigger room the first speak for all. */
const MAXIMUM_LISTENERS = 25;
/** What tracks that were heard here, or were not, weigh with `repeat: "prefer"`. */
const UNPREFERRED_RATIO = 0.3;

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

/** Builds a {@link Recommender} over a store. */
export function createRecommender(options: RecommenderOptions): Recommender {
  const { store, clock = systemClock, random = systemRandom } = options;
  const { cooldownMs = 3_600_000, artistLimit = 2, explorationRatio = 0.05, diversityRatio = 0 } = options;
  const { similarity = sameArtistSimilarity } = options;
  const sources = options.sources ?? [followUpSource(), sameArtistSource(), favouriteSource(), discoverySource()];

  const contextOf = async (request: RecommendRequest): Promise<CandidateContext> => {
    const { communityId, discoverable = [] } = request;
    const [recent, summaries] = await Promise.all([store.recentPlays(communityId), store.trackSummaries(communityId)]);
    return {
      communityId,
      store,
      seed: request.seed ?? recent[0]?.track,
      recent,
      library: byKey(summaries),
      discoverable,
      nowMs: clock.now(),
    };
  };

  const gatherFor = async (request: RecommendRequest, context: CandidateContext, excluded: ReadonlySet<string>) => {
    const { listeners = [], blend = "leastMisery" } = request;
    if (listeners.length === 0) return gather(sources, context, excluded);
    const contexts = await Promise.all(
      listeners.slice(0, MAXIMUM_LISTENERS).map(async (userId) => ({
        ...context,
        listenerId: userId,
        library: byKey(await store.trackSummaries(context.communityId, { userId })),
      })),
    );
    return gatherForGroup(sources, contexts, excluded, blend);
  };

  return {
    async recordPlay(play) {
      const isNew = await store.recordPlay(play);
      if (isNew) for (const source of sources) source.observe?.(play);
      return isNew;
    },
    async recommend(request) {
      const { limit = 5, exclude = [], repeat = "allow", noveltyRatio = 0 } = request;
      const context = await contextOf(request);
      const { library, seed, nowMs } = context;
      const excluded = new Set(
        [...exclude, ...(seed ? [seed] : [])].map((track) => trackKey(track.artist, track.title)),
      );
      const scored = [...(await gatherFor(request, context, excluded)).values()].filter(
        ({ key }) => repeat !== "avoid" || !library.has(key),
      );
      for (const candidate of scored) {
        const plays = library.get(candidate.key)?.plays ?? 0;
        candidate.score *= 1 + explorationRatio * (random.next() - 0.5);
        candidate.score *= 1 - (noveltyRatio * plays) / (1 + plays);
        if (repeat === "prefer" && plays === 0) candidate.score *= UNPREFERRED_RATIO;
      }
      const lastHeardMs = ({ key }: Scored) => library.get(key)?.lastPlayedAtMs ?? Number.NEGATIVE_INFINITY;
      scored.sort((left, right) => right.score - left.score);
      const rested = scored.filter((candidate) => nowMs - lastHeardMs(candidate) >= cooldownMs);
      const picks = chooseDiverse(rested, { limit, artistLimit, diversityRatio, similarity });
      if (picks.length === 0) {
        picks.push(...scored.sort((left, right) => lastHeardMs(left) - lastHeardMs(right)).slice(0, 1));
      }
      return picks.map(({ track, score, reasons }) => ({
        track,
        score,
        reasons: [...new Set(reasons.sort((left, right) => right.share - left.share).map(({ text }) => text))],
      }));
    },
  };
}

function byKey(summaries: readonly TrackSummary[]): ReadonlyMap<string, TrackSummary> {
  return new Map(summaries.map((summary) => [summary.key, summary]));
}
