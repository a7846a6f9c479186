import { evaluateRanking } from "../src/model/evaluate.ts";
import { createLiveModel } from "../src/model/live-model.ts";
import { fitModel, toInteractionData } from "../src/model/model-snapshot.ts";
import { readDataset, readValidation } from "./dataset.ts";
import { recipes, type RecipeName } from "./recipes.ts";

/** What one run says, as JSON on its standard output. */
export interface RankingFigures {
  readonly recall: number;
  readonly ndcg: number;
  readonly coverage: number;
  readonly fitCpuSeconds: number;
  readonly fitPeakMegabytes: number;
  readonly answerP50Ms: number;
  readonly answerP99Ms: number;
  /** The same by the clock, with the questions during which another process had the core. */
  readonly answerClockP99Ms: number;
  /** The share of questions that were interrupted so. */
  readonly interruptedRatio: number;
  /** A listener nobody knew, with twenty items, from the items to the answer. */
  readonly foldInP99Ms: number;
  /** From a play that is new to the answer that knows it. */
  readonly newPlayP99Ms: number;
}

const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;

/** Durations of tasks, apart for those that were interrupted: what another process does on the core is not theirs. */
interface Durations {
  readonly undisturbed: number[];
  readonly interrupted: number[];
}

const noDurations = (): Durations => ({ undisturbed: [], interrupted: [] });

function time({ undisturbed, interrupted }: Durations, task: () => unknown): void {
  const { involuntaryContextSwitches } = process.resourceUsage();
  const startedMs = performance.now();
  task();
  const durationMs = performance.now() - startedMs;
  const wasInterrupted = process.resourceUsage().involuntaryContextSwitches > involuntaryContextSwitches;
  (wasInterrupted ? interrupted : undisturbed).push(durationMs);
}

function percentile(durations: readonly number[], ratio: number): number {
  return durations.toSorted((left, right) => left - right)[Math.floor(durations.length * ratio)] ?? Number.NaN;
}

function run(name: RecipeName, folder: string, part: string): RankingFigures {
  const { data, ordered, parameters } = recipes[name];
  const { train, test } = (part === "validation" ? readValidation : readDataset)(data, folder, ordered);
  const beforeSeconds = cpuSeconds();
  const parts = fitModel(train, parameters);
  const fitCpuSeconds = cpuSeconds() - beforeSeconds;
  const fitPeakMegabytes = process.resourceUsage().maxRSS / 1024;
  const model = createLiveModel({ builtAtMs: 0, parameters, interactions: toInteractionData(train), parts });
  const known = new Map(train.users.ids.map((id) => [id, model.historyOf(id)]));
  const answers = noDurations();
  const rank = (userId: string) => {
    let picks: readonly string[] = [];
    time(answers, () => (picks = model.recommend(userId).map(({ itemId }) => itemId)));
    return picks;
  };
  const { recall, ndcg, coverage } = evaluateRanking({ train: known, test, rank });
  const users = train.users.ids.filter((_, index) => index % 29 === 0);
  const foldIns = noDurations();
  for (const id of users) time(foldIns, () => model.recommendFor((known.get(id) ?? []).slice(-20)));
  const newPlays = noDurations();
  for (const [index, id] of users.entries()) {
    const play = () => {
      model.addPlay(id, train.items.ids[(index * 97) % train.items.ids.length] ?? "");
      return model.recommend(id);
    };
    time(newPlays, play);
  }
  const all = [...answers.undisturbed, ...answers.interrupted];
  return {
    recall,
    ndcg,
    coverage,
    fitCpuSeconds,
    fitPeakMegabytes,
    answerP50Ms: percentile(answers.undisturbed, 0.5),
    answerP99Ms: percentile(answers.undisturbed, 0.99),
    answerClockP99Ms: percentile(all, 0.99),
    interruptedRatio: answers.interrupted.length / all.length,
    foldInP99Ms: percentile(foldIns.undisturbed, 0.99),
    newPlayP99Ms: percentile(newPlays.undisturbed, 0.99),
  };
}

const [name = "gowalla", folder = "", part = "test"] = process.argv.slice(2);
console.log(JSON.stringify(run(name as RecipeName, folder, part)));
