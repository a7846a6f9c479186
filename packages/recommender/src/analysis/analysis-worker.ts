import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { describeError, isAntiphonError } from "@antiphon/std";
import type { AnalysisReport, AudioSource } from "./analyze-audio.ts";
import { analyzeSamples } from "./analyze-samples.ts";
import { readWav } from "./read-wav.ts";

parentPort?.postMessage(report(workerData as AudioSource));

function report(source: AudioSource): AnalysisReport {
  try {
    return { type: "done", analysis: analyzeSamples("path" in source ? readWav(readFileSync(source.path)) : source) };
  } catch (error) {
    // An error's class does not survive the way between threads.
    const isInvalid = isAntiphonError(error, "RECOMMENDER_AUDIO_INVALID");
    return { type: "failed", isInvalid, message: isInvalid ? error.message : describeError(error) };
  }
}
