export {
  createAutoplayEngine,
  type AutoplayEngine,
  type AutoplayEngineOptions,
  type AutoplayPick,
  type AutoplayRejection,
  type AutoplaySettings,
} from "./engine.ts";
export { createLastFmRecommender, type LastFmOptions } from "./last-fm.ts";
export { createListenBrainzRecommender, type ListenBrainzOptions } from "./listenbrainz.ts";
export { createAutoplaySources, type AutoplaySources, type AutoplaySourcesOptions } from "./sources.ts";
export { startAutoplay, type StartAutoplayOptions } from "./start-autoplay.ts";
export {
  createPlaylistStrategy,
  createRecommenderStrategy,
  createSimilarArtistStrategy,
  createSourceMixStrategy,
  type RecommendedSong,
  type RecommenderStrategyOptions,
  type SimilarArtistOptions,
  type SongName,
  type SongRecommender,
} from "./strategies.ts";
export type { AutoplayCandidate, AutoplayContext, AutoplayScorer, AutoplayStrategy } from "./strategy.ts";
