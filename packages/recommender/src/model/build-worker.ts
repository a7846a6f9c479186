import { parentPort, workerData } from "node:worker_threads";
import type { BuildOrder, BuildReport } from "./build-model.ts";
import { fitModel, fromInteractionData, type FittedParts } from "./model-snapshot.ts";

const { interactions, parameters } = workerData as BuildOrder;
const report = (message: BuildReport, moved: readonly ArrayBuffer[] = []) =>
  parentPort?.postMessage(message, [...moved]);

const parts = fitModel(fromInteractionData(interactions), parameters, (progress) =>
  report({ type: "progress", progress }),
);
report({ type: "done", parts }, buffersOf(parts));

/** The memory behind the results, which is handed over rather than copied. */
function buffersOf({ rows, band, factors }: FittedParts): ArrayBuffer[] {
  const arrays = [
    rows.lengths,
    rows.targets,
    rows.weights,
    band?.vectors,
    band?.values,
    factors?.vectors,
    factors?.gram,
  ];
  return arrays.flatMap((array) => (array === undefined ? [] : [array.buffer as ArrayBuffer]));
}
