import { stepSharedLimit, type SharedLimiter } from "@antiphon/protocol/discord";
import type { Clock } from "@antiphon/std";

/** With so many keys, those that have expired are thrown out. */
const SWEEP_AT_KEYS = 1_000;

/**
 * Builds a {@link SharedLimiter} for several clients of one process, and a model for adapters: all that one has to do is replace a
 * text atomically. Keys that nobody uses are forgotten.
 */
export function createMemorySharedLimiter({ clock }: { readonly clock: Clock }): SharedLimiter {
  const texts = new Map<string, { readonly text: string; readonly expiresAtMs: number }>();
  let sweepAtKeys = SWEEP_AT_KEYS;

  const sweep = (nowMs: number) => {
    for (const [key, { expiresAtMs }] of texts) if (expiresAtMs <= nowMs) texts.delete(key);
    sweepAtKeys = Math.max(SWEEP_AT_KEYS, texts.size * 2);
  };

  return {
    async claim(key, claim) {
      const nowMs = clock.monotonicMs();
      if (texts.size >= sweepAtKeys) sweep(nowMs);
      const { stored, ttlMs, verdict } = stepSharedLimit(texts.get(key)?.text, claim, nowMs);
      texts.set(key, { text: stored, expiresAtMs: nowMs + ttlMs });
      return verdict;
    },
  };
}
