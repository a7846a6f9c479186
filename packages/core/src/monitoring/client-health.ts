import {
  createEmitter,
  describeError,
  silentLogger,
  systemClock,
  type Clock,
  type EventSource,
  type Logger,
  type Timer,
} from "@antiphon/std";
import { checkOption } from "../option-error.ts";
import type { PerformanceMetrics } from "./performance-metrics.ts";
import type { PerformanceMonitor } from "./performance-monitor.ts";

/** How well something does. */
export type HealthStatus = "healthy" | "degraded" | "unhealthy";

/** One finding. */
export interface HealthFinding {
  /** What was looked at: `connection`, `heartbeat`, `requests`, `rateLimits`, `dispatches`, `interactions` or `cache`. */
  readonly name: string;
  readonly status: HealthStatus;
  /** What was found, as a sentence. */
  readonly message: string;
}

/** How well a client does. */
export interface ClientHealthReport {
  /** That of the worst finding. */
  readonly status: HealthStatus;
  readonly findings: readonly HealthFinding[];
}

/** From where on something is degraded, and from where on unhealthy. */
export type HealthThreshold = readonly [degraded: number, unhealthy: number];

/** The thresholds of {@link createClientHealth}. */
export interface HealthThresholds {
  /** Round trip of a heartbeat in milliseconds. Defaults to 500 and 2,000. */
  readonly heartbeatMs?: HealthThreshold | undefined;
  /** Failed requests as a share of all, 0 to 1. Defaults to 0.05 and 0.5. */
  readonly requestFailureRatio?: HealthThreshold | undefined;
  /** 429 that could have been foreseen. Defaults to 1 and 100. */
  readonly rateLimited?: HealthThreshold | undefined;
  /** Mean time for a dispatch in milliseconds. Defaults to 10 and 100. */
  readonly dispatchMs?: HealthThreshold | undefined;
  /** Failed handlers as a share of all, 0 to 1. Defaults to 0.05 and 0.5. */
  readonly interactionFailureRatio?: HealthThreshold | undefined;
  /** Dispatches that the cache could not apply. Defaults to 1 and 1,000. */
  readonly cacheFailures?: HealthThreshold | undefined;
}

/** The health has changed. */
export interface ClientHealthEvent {
  readonly type: "healthChange";
  readonly from: HealthStatus;
  readonly to: HealthStatus;
  readonly report: ClientHealthReport;
}

/** Options of {@link createClientHealth}. */
export interface ClientHealthOptions {
  /** Where the figures come from; closing it stays the caller's task. */
  readonly monitor: Pick<PerformanceMonitor, "metrics">;
  readonly thresholds?: HealthThresholds | undefined;
  /** How often it is looked at, in milliseconds; 0 only when asked. Defaults to 30,000. */
  readonly intervalMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** Tells how well a client does, and when that changes; its timer does not keep the process alive. */
export interface ClientHealth extends EventSource<ClientHealthEvent>, Disposable, AsyncDisposable {
  /** Looks now. */
  check(): ClientHealthReport;
  /** What {@link check} finds, as lines of text for a person. */
  report(): string;
  /** Stops the timer and drops the listeners; idempotent. */
  close(): void;
}

const DEFAULT_INTERVAL_MS = 30_000;
/** So few say nothing about a ratio. */
const FEWEST_FOR_RATIO = 10;
const ranks = { healthy: 0, degraded: 1, unhealthy: 2 } as const;

const defaultThresholds = {
  heartbeatMs: [500, 2_000],
  requestFailureRatio: [0.05, 0.5],
  rateLimited: [1, 100],
  dispatchMs: [10, 100],
  interactionFailureRatio: [0.05, 0.5],
  cacheFailures: [1, 1_000],
} as const satisfies HealthThresholds;

type CompleteThresholds = { readonly [Name in keyof HealthThresholds]-?: HealthThreshold };

function complete(given: HealthThresholds): CompleteThresholds {
  const entries = Object.entries(given).filter(([, threshold]) => threshold !== undefined);
  return { ...defaultThresholds, ...Object.fromEntries(entries) };
}

function grade(value: number, [degraded, unhealthy]: HealthThreshold): HealthStatus {
  if (value >= unhealthy) return "unhealthy";
  return value >= degraded ? "degraded" : "healthy";
}

function gradeRatio(ratio: number, count: number, threshold: HealthThreshold): HealthStatus {
  return count < FEWEST_FOR_RATIO ? "healthy" : grade(ratio, threshold);
}

function findingsOf(metrics: PerformanceMetrics, limits: CompleteThresholds): HealthFinding[] {
  const { client, requestFailureRatio, requestsPerSecond, windowMs, rateLimited = 0, meanDispatchMs } = metrics;
  const { interactionFailureRatio, interactionsHandled, cacheFailures } = metrics;
  const { state, latencyMs } = client;
  const calls = (requestsPerSecond * windowMs) / 1000;
  const connection = state === "connected" ? "healthy" : state === "connecting" ? "degraded" : "unhealthy";
  const share = (ratio: number) => `${(ratio * 100).toFixed(1)} %`;
  const finding = (name: string, status: HealthStatus, message: string) => ({ name, status, message });
  return [
    finding("connection", connection, `The client is ${state}.`),
    finding(
      "heartbeat",
      grade(latencyMs ?? 0, limits.heartbeatMs),
      latencyMs === undefined ? "No heartbeat was answered yet." : `A heartbeat takes ${latencyMs.toFixed(0)} ms.`,
    ),
    finding(
      "requests",
      gradeRatio(requestFailureRatio, calls, limits.requestFailureRatio),
      `${share(requestFailureRatio)} of the requests failed.`,
    ),
    finding("rateLimits", grade(rateLimited, limits.rateLimited), `${rateLimited} rate limits were hit.`),
    finding(
      "dispatches",
      grade(meanDispatchMs, limits.dispatchMs),
      `A dispatch takes ${meanDispatchMs.toFixed(2)} ms of this thread.`,
    ),
    finding(
      "interactions",
      gradeRatio(interactionFailureRatio, interactionsHandled, limits.interactionFailureRatio),
      `${share(interactionFailureRatio)} of the interactions failed.`,
    ),
    finding("cache", grade(cacheFailures, limits.cacheFailures), `${cacheFailures} dispatches could not be cached.`),
  ];
}

function worst(findings: readonly HealthFinding[]): HealthStatus {
  return findings.reduce<HealthStatus>(
    (status, each) => (ranks[each.status] > ranks[status] ? each.status : status),
    "healthy",
  );
}

/**
 * Builds a {@link ClientHealth}. It starts as healthy, so that the first look at a client that is not connected is a change.
 *
 * @throws {@link CoreError} `CORE_OPTION_INVALID`
 */
export function createClientHealth(options: ClientHealthOptions): ClientHealth {
  const { monitor, intervalMs = DEFAULT_INTERVAL_MS } = options;
  const { clock = systemClock, logger = silentLogger } = options;
  checkOption("createClientHealth", "intervalMs", intervalMs, 0);
  const emitter = createEmitter<ClientHealthEvent>({
    onListenerError: (error) => logger.error("health: a listener failed", { error: describeError(error) }),
  });
  const limits = complete(options.thresholds ?? {});
  let status: HealthStatus = "healthy";
  let timer: Timer | undefined;
  let isClosed = false;

  const check = (): ClientHealthReport => {
    const findings = findingsOf(monitor.metrics(), limits);
    const report = { status: worst(findings), findings };
    if (report.status !== status) {
      const from = status;
      const to = report.status;
      status = to;
      const problems = findings.filter((finding) => finding.status !== "healthy").map(({ message }) => message);
      logger[to === "healthy" ? "info" : "warn"](`health: ${from} -> ${to}`, { problems });
      emitter.emit({ type: "healthChange", from, to, report });
    }
    return report;
  };
  const schedule = () => {
    timer = clock.setTimer(
      intervalMs,
      () => {
        check();
        // Whoever heard of a change may have closed it.
        if (!isClosed) schedule();
      },
      { keepAlive: false },
    );
  };
  if (intervalMs > 0) schedule();
  const close = () => {
    isClosed = true;
    timer?.cancel();
    emitter.close();
  };
  return {
    on: emitter.on,
    events: emitter.events,
    check,
    report() {
      const { status: overall, findings } = check();
      const lines = findings.map((each) => `${each.status.padEnd(10)}${each.name.padEnd(14)}${each.message}`);
      return [overall, ...lines].join("\n");
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => close(),
  };
}
