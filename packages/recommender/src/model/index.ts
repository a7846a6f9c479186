export { buildModel, type BuildModelOptions } from "./build-model.ts";
export { evaluateRanking, splitByTime, type Evaluation, type EvaluationOptions } from "./evaluate.ts";
export { evaluateHistories, type EvaluateHistoriesOptions, type HistoriesEvaluation } from "./evaluate-histories.ts";
export type { ListenerHistory } from "./interactions.ts";
export type { ItemFactors } from "./item-factors.ts";
export type { NeighbourRows } from "./item-neighbours.ts";
export {
  createLiveModel,
  type LiveModel,
  type LiveModelOptions,
  type ModelPick,
  type ModelQuestion,
} from "./live-model.ts";
export {
  defaultModelParameters,
  type FactorParameters,
  type ItemNeighbourParameters,
  type ModelParameters,
  type SpectralBandParameters,
  type UserNeighbourParameters,
} from "./model-parameters.ts";
export type { BuildProgress, FittedParts, InteractionData, ModelSnapshot } from "./model-snapshot.ts";
export { loadModel, saveModel } from "./snapshot-file.ts";
export type { SpectralBand } from "./spectral-band.ts";
