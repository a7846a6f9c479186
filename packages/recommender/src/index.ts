export { RecommenderError, type RecommenderErrorCode } from "./error.ts";
export type { GroupBlend } from "./group-blend.ts";
export {
  createRecommender,
  type Recommendation,
  type RecommendRequest,
  type Recommender,
  type RecommenderOptions,
} from "./recommender.ts";
export type { Similarity } from "./rerank.ts";
export type { Candidate, CandidateContext, CandidateSource } from "./source/candidate-source.ts";
export { discoverySource } from "./source/discovery-source.ts";
export { favouriteSource } from "./source/favourite-source.ts";
export { followUpSource } from "./source/follow-up-source.ts";
export { modelSource, type ModelSourceOptions } from "./source/model-source.ts";
export {
  nextTrackSources,
  repetitionSource,
  sequenceSource,
  sessionNeighbourSource,
  type NextTrackOptions,
} from "./source/next-track-sources.ts";
export { sameArtistSource } from "./source/same-artist-source.ts";
export { artistKey, trackKey } from "./track-key.ts";
