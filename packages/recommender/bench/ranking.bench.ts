import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bar, type Bench } from "@antiphon/bench";
import type { RankingFigures } from "./ranking-run.ts";
import { recipes, type RecipeName } from "./recipes.ts";

const runner = fileURLToPath(new URL("./ranking-run.ts", import.meta.url));
const runs = new Map<RecipeName, Promise<RankingFigures>>();

/** One process fits and answers for all users of a recipe; all its figures come from that run. */
function figuresOf(name: RecipeName, folder: string): Promise<RankingFigures> {
  const known = runs.get(name);
  if (known !== undefined) return known;
  const run = measureProcess(runner, [name, folder]).then(({ output }) => JSON.parse(output) as RankingFigures);
  runs.set(name, run);
  return run;
}

function figure(recipe: RecipeName, title: string, key: keyof RankingFigures, unit: string, bar?: Bar): Bench {
  const { data, ordered } = recipes[recipe];
  return defineBench({
    name: title,
    unit,
    data,
    subject: { name: "model", measure: async ({ dataFolder }) => (await figuresOf(recipe, dataFolder))[key] },
    ...(bar && { bar }),
    note: ordered
      ? "Order-aware: not to be put beside published figures, whose models do not know the order of plays."
      : "All items ranked, train masked, all test users; one run, one core; order of plays not used by the model.",
  });
}

const gowalla = "Gowalla, order-free";
export const gowallaRecall = figure("gowalla", gowalla, "recall", "Recall@20", { atLeast: 0.192 });
export const gowallaNdcg = figure("gowalla", gowalla, "ndcg", "NDCG@20", { atLeast: 0.1597 });
export const gowallaCoverage = figure("gowalla", gowalla, "coverage", "of the items recommended to anybody");
export const fitCpu = figure("gowalla", `${gowalla}, fit`, "fitCpuSeconds", "CPU s", { atMost: 10 });
export const fitMemory = figure("gowalla", `${gowalla}, fit`, "fitPeakMegabytes", "MiB at the most", { atMost: 350 });
export const answerMedian = figure("gowalla", "top 20 of 40,981 items", "answerP50Ms", "ms, p50", { atMost: 0.4 });
export const answerTail = figure("gowalla", "top 20 of 40,981 items", "answerP99Ms", "ms, p99", { atMost: 2 });
export const clockTail = figure("gowalla", "top 20, interrupted ones too", "answerClockP99Ms", "ms, p99");
export const interrupted = figure("gowalla", "top 20, interrupted by others", "interruptedRatio", "of the questions");
export const foldIn = figure("gowalla", "a listener nobody knew", "foldInP99Ms", "ms, p99", { atMost: 1 });
export const newPlay = figure("gowalla", "a new play, until answers know it", "newPlayP99Ms", "ms, p99", { atMost: 5 });
export const orderedRecall = figure("gowallaOrdered", "Gowalla, order-aware", "recall", "Recall@20", {
  atLeast: 0.198,
});
export const orderedNdcg = figure("gowallaOrdered", "Gowalla, order-aware", "ndcg", "NDCG@20", { atLeast: 0.167 });
export const lastFmRecall = figure("lastFm", "LastFM, order-free", "recall", "Recall@20", { atLeast: 0.285 });
export const lastFmNdcg = figure("lastFm", "LastFM, order-free", "ndcg", "NDCG@20", { atLeast: 0.224 });
