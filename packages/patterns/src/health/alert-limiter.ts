import type { Clock, Severity } from "@antiphon/std";

/** Something that somebody should know. */
export interface Alert {
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is about; alerts of one source and title share a cool-down. */
  readonly title: string;
  /** What happened. */
  readonly message: string;
  /** Who raises it. */
  readonly source: string;
}

/** When alerts are held back. */
export interface AlertLimits {
  /** How long one alert stays silent after it was told, in milliseconds. */
  readonly cooldownMs: number;
  /** The most alerts in any hour. */
  readonly maximumPerHour: number;
}

/** Decides which alerts are told. */
export interface AlertLimiter {
  /** Whether this alert may be told now; one that may not is counted. */
  admit(alert: Alert): boolean;
  /** Alerts that were held back. */
  readonly suppressed: number;
}

const HOUR_MS = 3_600_000;

/** Builds an {@link AlertLimiter}. */
export function createAlertLimiter({ cooldownMs, maximumPerHour }: AlertLimits, clock: Clock): AlertLimiter {
  const toldAtMs = new Map<string, number>();
  const lastHour: number[] = [];
  let suppressed = 0;

  const forget = (nowMs: number) => {
    while (lastHour[0] !== undefined && lastHour[0] <= nowMs - HOUR_MS) lastHour.shift();
    // At most as many are kept as were told within a cool-down, since nothing else enters.
    for (const [key, atMs] of toldAtMs) if (atMs <= nowMs - cooldownMs) toldAtMs.delete(key);
  };
  return {
    admit({ source, title }) {
      const nowMs = clock.monotonicMs();
      forget(nowMs);
      const key = `${source}\u0000${title}`;
      if (toldAtMs.has(key) || lastHour.length >= maximumPerHour) {
        suppressed++;
        return false;
      }
      toldAtMs.set(key, nowMs);
      lastHour.push(nowMs);
      return true;
    },
    get suppressed() {
      return suppressed;
    },
  };
}
