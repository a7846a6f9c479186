import { systemClock, type Clock } from "@antiphon/std";

/** What {@link evaluateRanking} takes. */
export interface EvaluationOptions {
  /** What each listener was heard to like in the part that the model has seen. */
  readonly train: ReadonlyMap<string, readonly string[]>;
  /** What they liked in the part that it has not seen. */
  readonly test: ReadonlyMap<string, readonly string[]>;
  /** The model's answer: its best items for a listener, best first. */
  readonly rank: (userId: string) => readonly string[];
  /** How many of the answer count. Defaults to 20. */
  readonly cutoff?: number;
  /** Whether a test item counts that the listener has in train. Defaults to false: such items are dropped from the test. */
  readonly countRepeats?: boolean;
  /** How alike two items are, from 0 to 1, for the diversity. Defaults to none of it being known: the diversity is then null. */
  readonly similarity?: ((left: string, right: string) => number) | undefined;
  readonly clock?: Clock | undefined;
}

/** How well a model ranks; every figure is a mean over listeners unless it says otherwise. */
export interface Evaluation {
  /** Listeners with something to find. */
  readonly users: number;
  readonly cutoff: number;
  readonly repeats: "counted" | "dropped";
  /** The share of listeners for whom anything was found. */
  readonly hitRatio: number;
  /** Found / all that could be found. */
  readonly recall: number;
  /** Discounted gain, with the ideal over min(cutoff, what could be found). */
  readonly ndcg: number;
  /** 1 / rank of the first found. */
  readonly mrr: number;
  /** The share of the train items that was recommended to anybody. */
  readonly coverage: number;
  /** Mean -log2 of the share of listeners who have a recommended item: how little known the picks are. */
  readonly noveltyBits: number;
  /** Mean popularity of the picks, in percentiles of the catalogue (0 to 1), less that of the listener's own items. */
  readonly popularityBias: number;
  /** The share of picks that the listener had in train. */
  readonly repetition: number;
  /** How unlike the picks of one answer are, from 0 to 1; null when no similarity was given. */
  readonly diversity: number | null;
  /** How long half of the answers took at the most, in milliseconds. */
  readonly latencyP50Ms: number;
  /** How long all but one answer in a hundred took at the most, in milliseconds. */
  readonly latencyP99Ms: number;
}

/**
 * Measures all-item ranking: recall by what could be found, the ideal gain over as many places as could be filled.
 *
 * @see He and others, "LightGCN" (2020), whose protocol this is
 */
export function evaluateRanking(options: EvaluationOptions): Evaluation {
  const steps = evaluateInSteps(options);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The same, one listener at a time, for callers who must not hold the thread; yields how many listeners are done. */
export function* evaluateInSteps(options: EvaluationOptions): Generator<number, Evaluation> {
  const { train, test, rank, cutoff = 20, countRepeats = false, similarity, clock = systemClock } = options;
  const latencies: number[] = [];
  let diversity = 0;
  const popularity = popularityOf(train);
  const recommended = new Set<string>();
  const sums = { hitRatio: 0, recall: 0, ndcg: 0, mrr: 0, noveltyBits: 0, popularityBias: 0, repetition: 0 };
  let users = 0;
  for (const [userId, items] of test) {
    const known = new Set(train.get(userId));
    const wanted = new Set(countRepeats ? items : items.filter((item) => !known.has(item)));
    if (wanted.size === 0) continue;
    users++;
    const startedMs = clock.monotonicMs();
    const picks = rank(userId).slice(0, cutoff);
    latencies.push(clock.monotonicMs() - startedMs);
    if (similarity !== undefined) diversity += unlikeness(picks, similarity);
    for (const pick of picks) recommended.add(pick);
    const gain = gainOf(picks, wanted, cutoff);
    const novelty = picks.map((pick) => -Math.log2(Math.max(1, popularity.counts.get(pick) ?? 0) / train.size));
    const percentile = (item: string) => popularity.percentiles.get(item) ?? 0;
    sums.hitRatio += gain.hits > 0 ? 1 : 0;
    sums.recall += gain.hits / wanted.size;
    sums.ndcg += gain.ndcg;
    sums.mrr += gain.mrr;
    sums.noveltyBits += mean(novelty);
    sums.popularityBias += mean(picks.map(percentile)) - mean([...known].map(percentile));
    sums.repetition += mean(picks.map((pick) => (known.has(pick) ? 1 : 0)));
    yield users;
  }
  const figures = Object.fromEntries(
    Object.entries(sums).map(([name, sum]) => [name, users === 0 ? 0 : sum / users]),
  ) as typeof sums;
  const coverage = popularity.counts.size === 0 ? 0 : recommended.size / popularity.counts.size;
  latencies.sort((left, right) => left - right);
  const latency = (ratio: number) => latencies[Math.floor(latencies.length * ratio)] ?? 0;
  return {
    users,
    cutoff,
    repeats: countRepeats ? "counted" : "dropped",
    ...figures,
    coverage,
    diversity: similarity === undefined ? null : diversity / Math.max(1, users),
    latencyP50Ms: latency(0.5),
    latencyP99Ms: latency(0.99),
  };
}

/** Cuts the latest part off every history: what tests a model that knows the rest. A single item stays in train. */
export function splitByTime(
  histories: ReadonlyMap<string, readonly string[]>,
  testRatio: number,
): { readonly train: Map<string, readonly string[]>; readonly test: Map<string, readonly string[]> } {
  const train = new Map<string, readonly string[]>();
  const test = new Map<string, readonly string[]>();
  for (const [userId, items] of histories) {
    const cut = items.length - Math.min(items.length - 1, Math.max(1, Math.round(items.length * testRatio)));
    train.set(userId, items.slice(0, cut));
    if (cut < items.length) test.set(userId, items.slice(cut));
  }
  return { train, test };
}

/** The mean difference of all pairs. */
function unlikeness(picks: readonly string[], similarity: (left: string, right: string) => number): number {
  const differences = picks.flatMap((left, index) =>
    picks.slice(index + 1).map((right) => 1 - similarity(left, right)),
  );
  return mean(differences);
}

function gainOf(picks: readonly string[], wanted: ReadonlySet<string>, cutoff: number) {
  let hits = 0;
  let gain = 0;
  let mrr = 0;
  for (const [place, pick] of picks.entries()) {
    if (!wanted.has(pick)) continue;
    hits++;
    gain += 1 / Math.log2(place + 2);
    if (hits === 1) mrr = 1 / (place + 1);
  }
  let ideal = 0;
  for (let place = 0; place < Math.min(cutoff, wanted.size); place++) ideal += 1 / Math.log2(place + 2);
  return { hits, ndcg: gain / ideal, mrr };
}

function popularityOf(train: ReadonlyMap<string, readonly string[]>) {
  const counts = new Map<string, number>();
  for (const items of train.values()) for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const byCount = [...counts].sort(([, left], [, right]) => left - right);
  const percentiles = new Map(byCount.map(([item], index) => [item, (index + 1) / byCount.length]));
  return { counts, percentiles };
}

function mean(figures: readonly number[]): number {
  return figures.length === 0 ? 0 : figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}
