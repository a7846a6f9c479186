import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { abortReason, describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import type { AudioAnalysis } from "./analyze-samples.ts";
import type { PcmAudio } from "./pcm-audio.ts";

/** Sound to analyse: samples, which are copied to the thread, or a WAV file, which the thread reads. */
export type AudioSource = PcmAudio | { readonly path: string };

/** What the thread says. */
export type AnalysisReport =
  | { readonly type: "done"; readonly analysis: AudioAnalysis }
  | { readonly type: "failed"; readonly isInvalid: boolean; readonly message: string };

/**
 * Analyses sound in a thread of its own.
 *
 * @throws RecommenderError RECOMMENDER_AUDIO_INVALID for sound that cannot be analysed; RECOMMENDER_AUDIO_ANALYSIS_FAILED when the
 * file cannot be read or the thread ends without a result; the signal's reason
 */
export async function analyzeAudio(
  source: AudioSource,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<AudioAnalysis> {
  signal?.throwIfAborted();
  // By the package's own name, so that it is found in sources and in the build alike.
  const entry = createRequire(import.meta.url).resolve("@antiphon/recommender/analysis-worker");
  const worker = new Worker(entry, { name: "antiphon-analysis", workerData: source });
  const stop = () => void worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const report = await new Promise<AnalysisReport>((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", (error) => reject(failure(describeError(error))));
      worker.on("exit", (code) =>
        reject(signal?.aborted === true ? abortReason(signal) : failure(`its thread exited with code ${code}`)),
      );
    });
    if (report.type === "done") return report.analysis;
    throw report.isInvalid
      ? new RecommenderError("RECOMMENDER_AUDIO_INVALID", report.message)
      : failure(report.message);
  } finally {
    signal?.removeEventListener("abort", stop);
    await worker.terminate();
  }
}

function failure(what: string): RecommenderError {
  return new RecommenderError("RECOMMENDER_AUDIO_ANALYSIS_FAILED", `Cannot analyse the audio: ${what}.`);
}
