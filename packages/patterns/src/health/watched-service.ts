import { describeError, type Clock } from "@antiphon/std";
import { redactText } from "../redact.ts";
import {
  createCircuitBreaker,
  type CircuitBreaker,
  type CircuitBreakerOptions,
} from "../resilience/circuit-breaker.ts";
import { statusOf, type HealthCheck, type ServiceHealth, type StatusRules } from "./service-health.ts";

/** Looks at a service: it passes unless it throws, returns false, or does not end in time. */
export type CheckFunction = (options: { readonly signal: AbortSignal }) => unknown;

/** Options of one service. */
export interface ServiceOptions {
  /** How often it is checked, in milliseconds. Defaults to the monitor's. */
  readonly intervalMs?: number;
  /** How long a check may take, in milliseconds. Defaults to 10,000. */
  readonly timeoutMs?: number;
  /** A passed check that takes longer makes the service degraded, in milliseconds. Defaults to half of `timeoutMs`. */
  readonly slowAfterMs?: number;
  /** Failed checks in a row from which it is unhealthy. Defaults to 3. */
  readonly unhealthyAfter?: number;
  /** The breaker around calls to it. */
  readonly circuitBreaker?: CircuitBreakerOptions;
}

/** A service, its breaker and its last checks. */
export interface WatchedService {
  readonly name: string;
  readonly intervalMs: number;
  readonly breaker: CircuitBreaker;
  /** Checks it now; callers at the same time share one check. Never rejects. */
  check(): Promise<HealthCheck>;
  health(): ServiceHealth;
  /** Gives up a check that runs, which counts as failed, and refuses calls. */
  close(): Promise<void>;
}

interface WatchOptions {
  readonly name: string;
  readonly check: CheckFunction;
  readonly options: ServiceOptions;
  readonly defaultIntervalMs: number;
  readonly historyLimit: number;
  readonly clock: Clock;
}

/** Builds a {@link WatchedService}. */
export function watchService({
  name,
  check,
  options,
  defaultIntervalMs,
  historyLimit,
  clock,
}: WatchOptions): WatchedService {
  const { intervalMs = defaultIntervalMs, timeoutMs = 10_000, unhealthyAfter = 3 } = options;
  const rules: StatusRules = { unhealthyAfter, slowAfterMs: options.slowAfterMs ?? timeoutMs / 2 };
  const breaker = createCircuitBreaker({ name, clock, ...options.circuitBreaker });
  const checks: HealthCheck[] = [];
  let running: Promise<HealthCheck> | undefined;
  let controller: AbortController | undefined;

  const attempt = async (own: AbortController): Promise<string | undefined> => {
    const { promise: given, reject } = Promise.withResolvers<never>();
    own.signal.addEventListener("abort", () => reject(own.signal.reason), { once: true });
    const timer = clock.setTimer(timeoutMs, () => own.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const result = await Promise.race([check({ signal: own.signal }), given]);
      return result === false ? "the check says no" : undefined;
    } catch (error) {
      return redactText(describeError(error));
    } finally {
      timer.cancel();
    }
  };
  const run = async (): Promise<HealthCheck> => {
    const beganMs = clock.monotonicMs();
    controller = new AbortController();
    const error = await attempt(controller);
    controller = undefined;
    running = undefined;
    const responseTimeMs = clock.monotonicMs() - beganMs;
    const done = {
      atMs: clock.now(),
      success: error === undefined,
      responseTimeMs,
      ...(error === undefined ? {} : { error }),
    };
    checks.push(done);
    if (checks.length > historyLimit) checks.shift();
    return done;
  };
  return {
    name,
    intervalMs,
    breaker,
    check: () => (running ??= run()),
    health() {
      const last = checks.at(-1);
      const errorCount = checks.filter(({ success }) => !success).length;
      return {
        name,
        status: statusOf(checks, breaker.state, rules),
        lastCheckAtMs: last?.atMs,
        responseTimeMs: last?.responseTimeMs ?? 0,
        successRate: checks.length === 0 ? 1 : (checks.length - errorCount) / checks.length,
        errorCount,
        circuitState: breaker.state,
        checks: [...checks],
      };
    },
    async close() {
      controller?.abort(new Error("the monitor was closed"));
      await running;
      await breaker.close();
    },
  };
}
