import type { CircuitState } from "../resilience/circuit-breaker.ts";

/** One check of a service. */
export interface HealthCheck {
  /** When it was made, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Whether it passed. */
  readonly success: boolean;
  /** How long it took, in milliseconds. */
  readonly responseTimeMs: number;
  /** Why it did not pass, in one line. */
  readonly error?: string | undefined;
}

/** How a service is. */
export const ServiceStatus = {
  /** It was never checked. */
  unknown: "unknown",
  /** Its last check passed. */
  healthy: "healthy",
  /** Its last check failed, or it was slower than it should be. */
  degraded: "degraded",
  /** Several checks in a row failed, or its breaker is open. */
  unhealthy: "unhealthy",
} as const;

/** One of {@link ServiceStatus}. */
export type ServiceStatus = (typeof ServiceStatus)[keyof typeof ServiceStatus];

/** A service's state and recent checks. */
export interface ServiceHealth {
  /** The service's name. */
  readonly name: string;
  /** How it is. */
  readonly status: ServiceStatus;
  /** When it was last checked, in milliseconds since the Unix epoch. */
  readonly lastCheckAtMs: number | undefined;
  /** How long the last check took, in milliseconds; 0 before the first. */
  readonly responseTimeMs: number;
  /** The share of the kept checks that passed, from 0 to 1; 1 before the first. */
  readonly successRate: number;
  /** How many of the kept checks failed. */
  readonly errorCount: number;
  /** What the service's breaker does with calls. */
  readonly circuitState: CircuitState;
  /** The kept checks, the oldest first. */
  readonly checks: readonly HealthCheck[];
}

/** How the whole system is: as bad as its worst service. */
export interface SystemHealth {
  /** When the report was made, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** The worst status of any service that was checked; `unknown` without one. */
  readonly overallStatus: ServiceStatus;
  /** Each service. */
  readonly services: Readonly<Record<string, ServiceHealth>>;
}

/** A {@link SystemHealth} in the JSON shape that dashboards of the field read: seconds, and names with underscores. */
export interface SystemHealthJson {
  readonly timestamp: number;
  readonly overall_status: ServiceStatus;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly status: ServiceStatus;
        readonly success_rate: number;
        readonly response_time: number;
        readonly circuit_breaker_state: "closed" | "open" | "half_open";
        readonly last_check: number | null;
        readonly error_count: number;
        readonly last_error?: string;
      }
    >
  >;
}

/** When a service counts as what. */
export interface StatusRules {
  /** Failed checks in a row from which it is unhealthy. */
  readonly unhealthyAfter: number;
  /** A passed check that took longer makes it degraded, in milliseconds. */
  readonly slowAfterMs: number;
}

/** The status that follows from the last checks and the breaker. */
export function statusOf(
  checks: readonly HealthCheck[],
  circuitState: CircuitState,
  rules: StatusRules,
): ServiceStatus {
  const last = checks.at(-1);
  if (circuitState === "open") return "unhealthy";
  if (last === undefined) return "unknown";
  if (last.success) return last.responseTimeMs > rules.slowAfterMs ? "degraded" : "healthy";
  const failuresInARow = checks.length - 1 - checks.findLastIndex(({ success }) => success);
  return failuresInARow >= rules.unhealthyAfter ? "unhealthy" : "degraded";
}

const worstFirst = ["unhealthy", "degraded", "healthy"] as const;

/** The worst status of several services; one that was never checked says nothing. */
export function worstStatus(statuses: readonly ServiceStatus[]): ServiceStatus {
  return worstFirst.find((status) => statuses.includes(status)) ?? "unknown";
}

const seconds = (milliseconds: number) => milliseconds / 1_000;

/** Brings a report into its JSON shape. */
export function toHealthJson({ atMs, overallStatus, services }: SystemHealth): SystemHealthJson {
  const entries = Object.values(services).map((service) => {
    const lastError = service.checks.at(-1)?.error;
    const entry = {
      status: service.status,
      success_rate: service.successRate,
      response_time: seconds(service.responseTimeMs),
      circuit_breaker_state: service.circuitState === "halfOpen" ? "half_open" : service.circuitState,
      last_check: service.lastCheckAtMs === undefined ? null : seconds(service.lastCheckAtMs),
      error_count: service.errorCount,
      ...(lastError === undefined ? {} : { last_error: lastError }),
    } as const;
    return [service.name, entry] as const;
  });
  return { timestamp: Math.floor(seconds(atMs)), overall_status: overallStatus, services: Object.fromEntries(entries) };
}
