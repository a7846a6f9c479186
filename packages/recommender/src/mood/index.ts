export {
  createMoodAnalyzer,
  quadrantOf,
  type MoodAnalyzer,
  type MoodAnalyzerOptions,
  type MoodEvidence,
  type MoodJudgement,
  type MoodQuadrant,
  type TagSource,
  type TrackMood,
} from "./mood-analyzer.ts";
export type { MoodTag } from "./mood-lexicon.ts";
export { defaultMoodLexicon, type MoodLexicon, type MoodPoint } from "./mood-lexicon.ts";
export { fitMoodWeights, type FitMoodOptions, type MoodSample, type MoodWeights } from "./mood-weights.ts";
