import { setImmediate } from "node:timers/promises";
import { abortReason } from "@antiphon/std";
import { buildModel, type BuildModelOptions } from "./build-model.ts";
import { evaluateInSteps, splitByTime, type Evaluation, type EvaluationOptions } from "./evaluate.ts";
import type { ListenerHistory } from "./interactions.ts";
import { createLiveModel } from "./live-model.ts";

/** Options of {@link evaluateHistories}. */
export interface EvaluateHistoriesOptions extends BuildModelOptions {
  /** Which part of each history, its end, tests the model that knows the rest. Defaults to 0.2. */
  readonly testRatio?: number | undefined;
  /** How many picks of an answer count. Defaults to 20. */
  readonly cutoff?: number | undefined;
  /** Whether items count that a listener had heard before. Defaults to false; when they do, the model may pick them too. */
  readonly countRepeats?: boolean | undefined;
}

/** How well a model does on histories, beside the simplest rivals. */
export interface HistoriesEvaluation {
  readonly model: Evaluation;
  /** The items that most listeners have. */
  readonly mostPopular: Evaluation;
  /** What the listener heard last; finds nothing where repeats do not count. */
  readonly recentlyPlayed: Evaluation;
}

/**
 * Builds a model from the beginning of each history (as `HistoryStore.histories` gives them, whose items are track keys) and measures
 * how well it foretells the end, so that the past is never told by the future of the same listener. Diversity goes by artists.
 */
export async function evaluateHistories(
  histories: Iterable<ListenerHistory>,
  options: EvaluateHistoriesOptions = {},
): Promise<HistoriesEvaluation> {
  const { testRatio = 0.2, cutoff = 20, countRepeats = false } = options;
  const { train, test } = splitByTime(new Map([...histories].map((each) => [each.userId, each.itemIds])), testRatio);
  const seen = [...train].map(([userId, itemIds]) => ({ userId, itemIds }));
  const model = createLiveModel(await buildModel(seen, options));
  const popular = byPopularity(train);
  const { signal, clock } = options;
  const measure = (rank: (userId: string) => readonly string[]) =>
    measureGently({ train, test, cutoff, countRepeats, rank, similarity: sameArtist, clock }, signal);
  const question = { limit: cutoff, allowKnown: countRepeats };
  return {
    model: await measure((userId) => model.recommend(userId, question).map(({ itemId }) => itemId)),
    mostPopular: await measure((userId) => {
      const known = countRepeats ? new Set<string>() : new Set(train.get(userId));
      return take(popular, cutoff, (item) => !known.has(item));
    }),
    recentlyPlayed: await measure((userId) => [...new Set(train.get(userId)?.toReversed())].slice(0, cutoff)),
  };
}

const LISTENERS_A_TURN = 50;

/** Lets others have the thread now and then, the signal among them. */
async function measureGently(options: EvaluationOptions, signal: AbortSignal | undefined): Promise<Evaluation> {
  const steps = evaluateInSteps(options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value % LISTENERS_A_TURN !== 0) continue;
    await setImmediate();
    if (signal?.aborted === true) throw abortReason(signal);
  }
}

function byPopularity(train: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const counts = new Map<string, number>();
  for (const items of train.values()) for (const item of new Set(items)) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort(([, left], [, right]) => right - left).map(([item]) => item);
}

function take(items: readonly string[], count: number, isWanted: (item: string) => boolean): readonly string[] {
  const taken: string[] = [];
  for (const item of items) {
    if (taken.length === count) break;
    if (isWanted(item)) taken.push(item);
  }
  return taken;
}

/** Track keys begin with the artist. */
function sameArtist(left: string, right: string): number {
  return left.split("\u001f", 1)[0] === right.split("\u001f", 1)[0] ? 1 : 0;
}
