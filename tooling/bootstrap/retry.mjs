import { setTimeout as sleep } from "node:timers/promises";
import { NetworkFailure } from "./failure.mjs";

/** How long is waited before the second attempt, the third, and so on. */
const WAITS_MS = [2_000, 10_000, 30_000];

/**
 * Does something that needs the network, again after a while when the network failed: registries have hiccups that are over a moment
 * later. Whatever else fails, fails at once.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {(message: string) => void} onRetry told why it takes longer
 * @param {readonly number[]} waitsMs
 * @returns {Promise<T>}
 */
export async function retryNetwork(attempt, onRetry, waitsMs = WAITS_MS) {
  for (const waitMs of waitsMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      onRetry(`the npm registry did not answer; trying again in ${waitMs / 1_000} s`);
    }
    await sleep(waitMs);
  }
  return attempt();
}
