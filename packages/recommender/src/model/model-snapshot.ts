import { Adjacency } from "./adjacency.ts";
import { interactionsOf, type Interactions } from "./interactions.ts";
import { buildItemFactors, type ItemFactors } from "./item-factors.ts";
import { buildNeighbourRows, type NeighbourRows } from "./item-neighbours.ts";
import type { ModelParameters } from "./model-parameters.ts";
import { buildSpectralBand, type SpectralBand } from "./spectral-band.ts";

/** The plays that a model is built from, as it goes into files and to threads. */
export interface InteractionData {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** How many items each user has. */
  readonly lengths: Int32Array;
  /** The items of user 0, then those of user 1 and so on, each oldest first. */
  readonly items: Int32Array;
}

/** What is computed from the plays. */
export interface FittedParts {
  readonly rows: NeighbourRows;
  readonly band?: SpectralBand | undefined;
  readonly factors?: ItemFactors | undefined;
}

/** A model as it was at one moment. Nothing in it is changed after it was built. */
export interface ModelSnapshot {
  readonly builtAtMs: number;
  readonly parameters: ModelParameters;
  readonly interactions: InteractionData;
  readonly parts: FittedParts;
}

/** Which part is being computed, and the share of the whole work that is done, from 0 to 1. */
export interface BuildProgress {
  readonly step: "items" | "band" | "factors";
  readonly doneRatio: number;
}

/** A copy of interactions without room for growing. */
export function toInteractionData({ users, items, itemsOf }: Interactions): InteractionData {
  const { lengths, pool } = itemsOf.compact();
  return { userIds: [...users.ids], itemIds: [...items.ids], lengths, items: pool };
}

/** Interactions that can grow, over a copy of the data. */
export function fromInteractionData({ userIds, itemIds, lengths, items }: InteractionData): Interactions {
  return interactionsOf(userIds, itemIds, new Adjacency(lengths.slice(), items.slice()));
}

/** Computes a model in this thread. For the bigger part of a minute on a large history: see `buildModel` for a thread of its own. */
export function fitModel(
  interactions: Interactions,
  parameters: ModelParameters,
  onProgress: (progress: BuildProgress) => void = () => {},
): FittedParts {
  const steps = (["band", "factors", "items"] as const).filter((step) => step === "items" || parameters[step]);
  const report = (step: BuildProgress["step"]) => (ratio: number) =>
    onProgress({ step, doneRatio: (steps.indexOf(step) + ratio) / steps.length });
  // The band needs the most memory while it is built, so it comes before the rows that stay.
  const band = parameters.band && buildSpectralBand(interactions, parameters.band, report("band"));
  const factors = parameters.factors && buildItemFactors(interactions, parameters.factors, report("factors"));
  const rows = buildNeighbourRows(interactions, parameters.items, report("items"));
  onProgress({ step: "items", doneRatio: 1 });
  return { rows, band, factors };
}
