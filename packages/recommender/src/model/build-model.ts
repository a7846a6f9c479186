import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { abortReason, describeError, systemClock, type Clock } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { gatherInteractions, type ListenerHistory } from "./interactions.ts";
import { defaultModelParameters, type ModelParameters } from "./model-parameters.ts";
import {
  toInteractionData,
  type BuildProgress,
  type FittedParts,
  type InteractionData,
  type ModelSnapshot,
} from "./model-snapshot.ts";

/** Options of {@link buildModel}. */
export interface BuildModelOptions {
  /** Defaults to {@link defaultModelParameters}. */
  readonly parameters?: ModelParameters | undefined;
  /** Hears how far the work is, some fifty times for each step. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** Ends the thread at once; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/** What the thread is given. */
export interface BuildOrder {
  readonly interactions: InteractionData;
  readonly parameters: ModelParameters;
}

/** What the thread says. */
export type BuildReport =
  | { readonly type: "progress"; readonly progress: BuildProgress }
  | { readonly type: "done"; readonly parts: FittedParts };

/**
 * Builds a model in a thread of its own, from each listener's items (oldest first).
 *
 * @throws RecommenderError RECOMMENDER_MODEL_BUILD_FAILED when the thread ends without a model
 */
export async function buildModel(
  histories: Iterable<ListenerHistory>,
  options: BuildModelOptions = {},
): Promise<ModelSnapshot> {
  const { parameters = defaultModelParameters, clock = systemClock } = options;
  const builtAtMs = clock.now();
  const interactions = toInteractionData(gatherInteractions(histories));
  return { builtAtMs, parameters, interactions, parts: await fitInThread({ interactions, parameters }, options) };
}

/** Lets a thread compute the parts of a model. */
export async function fitInThread(order: BuildOrder, options: BuildModelOptions): Promise<FittedParts> {
  const { signal, onProgress } = options;
  if (signal?.aborted === true) throw abortReason(signal);
  // By the package's own name, so that it is found in sources and in the build alike.
  const entry = createRequire(import.meta.url).resolve("@antiphon/recommender/model-worker");
  const worker = new Worker(entry, { name: "antiphon-recommender", workerData: order });
  const stop = () => void worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<FittedParts>((resolve, reject) => {
      worker.on("message", (report: BuildReport) => {
        if (report.type === "done") resolve(report.parts);
        else onProgress?.(report.progress);
      });
      worker.on("error", (error) => reject(failure(describeError(error), error)));
      worker.on("exit", (code) =>
        reject(signal?.aborted === true ? abortReason(signal) : failure(`its thread exited with code ${code}`)),
      );
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

function failure(what: string, cause?: unknown): RecommenderError {
  return new RecommenderError(
    "RECOMMENDER_MODEL_BUILD_FAILED",
    `Cannot build the model: ${what}. The model in use stays as it is.`,
    { cause },
  );
}
