import { createHash } from "node:crypto";
import { stepSharedLimit, type LimitClaim, type LimitVerdict, type SharedLimiter } from "@antiphon/protocol/discord";
import { createBackoff, createKeyedMutex, systemClock, systemRandom, type Clock, type Random } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { KeyValueEntry, KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { isBridgeFailure } from "./lease.ts";

/** Options of {@link createBusSharedLimiter}. */
export interface BusSharedLimiterOptions {
  /** Opens the table that all who share the limits use; asked for once. */
  readonly openTable: () => Promise<KeyValueStore>;
  /**
   * Milliseconds by a clock on which all processes agree. Defaults to this machine's; keep the machines' clocks together (NTP), for
   * what they differ by is what a limit may be overstepped by.
   */
  readonly nowMs?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** For how long a claim is tried again while others change the same limit. */
const CONTENTION_MS = 10_000;
/** How old a table of limits may let a text grow: longer than any limit is kept for. */
export const LIMITS_MAXIMUM_AGE_MS = 25 * 60 * 60 * 1_000;

const limitSchema = z.looseObject({ expiresAtMs: z.number(), stored: z.string() });

/** What cannot be read or is over counts as nothing: the limit is found out again. */
function storedOf(entry: KeyValueEntry | undefined, nowMs: number): string | undefined {
  if (entry === undefined) return undefined;
  try {
    const { expiresAtMs, stored } = limitSchema.parse(decodeJson(entry.value));
    return expiresAtMs > nowMs ? stored : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Builds a {@link SharedLimiter} over a table of the bus: each claim is one compare-and-set, tried again when somebody was faster.
 * Claims of one process on one limit take turns here, so that only processes compete.
 */
export function createBusSharedLimiter(options: BusSharedLimiterOptions): SharedLimiter {
  const { openTable, clock = systemClock, random = systemRandom, nowMs = () => clock.now() } = options;
  const turns = createKeyedMutex<string>();
  let opening: Promise<KeyValueStore> | undefined;
  const table = (): Promise<KeyValueStore> =>
    (opening ??= openTable().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));

  const claimOn = async (key: string, claim: LimitClaim): Promise<LimitVerdict> => {
    const endMs = clock.monotonicMs() + CONTENTION_MS;
    const store = await table();
    for (let backoff = createBackoff({ baseMs: 4, maximumMs: 100, random }); ; backoff = backoff.next()) {
      const entry = await store.get(key);
      const now = nowMs();
      const { stored, ttlMs, verdict } = stepSharedLimit(storedOf(entry, now), claim, now);
      try {
        await store.putIf(key, encodeJson({ expiresAtMs: now + ttlMs, stored }), entry?.revision ?? 0);
        return verdict;
      } catch (error) {
        if (!isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT") || clock.monotonicMs() >= endMs) throw error;
        await clock.sleep(backoff.delayMs);
      }
    }
  };

  return {
    claim(key, claim) {
      if (key === "" || key.length > 1_000)
        return Promise.reject(new BridgeError("BRIDGE_INVALID_KEY", `claim: a key has 1 to 1,000 characters.`));
      // What NATS takes for a key is narrower than what a limit may be named.
      const hashed = createHash("sha256").update(key).digest("hex").slice(0, 32);
      return turns.run(hashed, () => claimOn(hashed, claim));
    },
  };
}
