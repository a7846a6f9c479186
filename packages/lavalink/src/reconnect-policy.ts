import { createBackoff, type Random } from "@antiphon/std";

/** How a lost node is tried again. */
export interface ReconnectPolicy {
  /** How often in a row; then the node is given up. Defaults to no end. */
  readonly maximumAttempts?: number;
  /** Whether the pauses double up to `maximumMs` or stay at `baseMs`. Defaults to `exponential`. */
  readonly growth?: "exponential" | "constant";
  /** The longest first pause, in milliseconds. Defaults to 500. */
  readonly baseMs?: number;
  /** The longest pause of all, in milliseconds. Defaults to 30,000. */
  readonly maximumMs?: number;
  /** The share of each pause that is random, 0 to 1, so that many clients do not come back at once. Defaults to 1. */
  readonly jitterRatio?: number;
}

/** How long to wait before the attempt that follows so many failed ones; undefined when there shall be none. */
export function reconnectDelayMs(policy: ReconnectPolicy, failed: number, random: Random): number | undefined {
  const {
    maximumAttempts = Infinity,
    growth = "exponential",
    baseMs = 500,
    maximumMs = 30_000,
    jitterRatio = 1,
  } = policy;
  if (failed >= maximumAttempts) return undefined;
  const steps = growth === "constant" ? 0 : failed;
  // Beyond a thousand doublings the cap is long reached, and the power would overflow.
  const capMs = Math.min(maximumMs, baseMs * 2 ** Math.min(steps, 1000));
  return createBackoff({ baseMs: capMs, maximumMs: capMs, jitterRatio, random }).delayMs;
}
