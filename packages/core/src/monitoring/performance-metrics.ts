import type { ClientStats } from "./client-stats.ts";

/** A limiter whose figures go into the metrics and the report. */
export interface ObservedLimiter {
  /** What the report calls it. */
  readonly name: string;
  stats(): {
    /** Calls that had to wait so far. */
    readonly waits: number;
    /** Calls that were refused so far. */
    readonly rejections: number;
  };
}

/** Figures of a client over the last minute or so. */
export interface PerformanceMetrics {
  /** Over how long the rates and ratios were measured, in milliseconds. */
  readonly windowMs: number;
  /** HTTP calls so far, of which `requestsSuccessful` and `requestsFailed`. */
  readonly requestsTotal: number;
  readonly requestsSuccessful: number;
  readonly requestsFailed: number;
  /** Mean duration of the window's calls, their waiting included, in milliseconds; 0 without any. */
  readonly meanResponseMs: number;
  readonly requestsPerSecond: number;
  /** Failed calls of the window as a share of all, 0 to 1. */
  readonly requestFailureRatio: number;
  /** Leases of the window that got a connection which was open already, 0 to 1; undefined when the transport does not say. */
  readonly connectionReuseRatio: number | undefined;
  /** Calls of the window that the batcher joined with others, 0 to 1; undefined without a batcher. */
  readonly batchedRatio: number | undefined;
  /** 429 received in the window, those of scope `shared` excepted; undefined when the transport does not say. */
  readonly rateLimited: number | undefined;
  readonly dispatchesPerSecond: number;
  /** Mean time that cache and listeners took for a dispatch of the window, in milliseconds. */
  readonly meanDispatchMs: number;
  /** Failed handlers of the window as a share of all, 0 to 1. */
  readonly interactionFailureRatio: number;
  /** Interactions handled in the window. */
  readonly interactionsHandled: number;
  /** Dispatches of the window that the cache could not apply. */
  readonly cacheFailures: number;
  /** The limiters that were added, by name. */
  readonly limiters: Readonly<Record<string, ReturnType<ObservedLimiter["stats"]>>>;
  /** The client's own figures at this moment. */
  readonly client: ClientStats;
}
