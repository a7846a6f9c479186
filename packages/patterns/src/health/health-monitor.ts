import {
  createEmitter,
  silentLogger,
  systemClock,
  type Clock,
  type EventSource,
  type Logger,
  type Timer,
} from "@antiphon/std";
import { PatternsError } from "../error.ts";
import { createAlertLimiter, type Alert } from "./alert-limiter.ts";
import {
  toHealthJson,
  worstStatus,
  type HealthCheck,
  type ServiceStatus,
  type SystemHealth,
  type SystemHealthJson,
} from "./service-health.ts";
import { watchService, type CheckFunction, type ServiceOptions, type WatchedService } from "./watched-service.ts";

/** Options of {@link createHealthMonitor}. */
export interface HealthMonitorOptions {
  /** How often services are checked unless they say otherwise, in milliseconds. Defaults to 30,000. */
  readonly checkIntervalMs?: number;
  /** How long one alert stays silent after it was told, in milliseconds. Defaults to 300,000. */
  readonly alertCooldownMs?: number;
  /** The most alerts in any hour. Defaults to 100. */
  readonly maximumAlertsPerHour?: number;
  /** How many checks of each service are kept. Defaults to 100. */
  readonly historyLimit?: number;
  /** Where alerts and changes are written. Defaults to silence. */
  readonly logger?: Logger;
  /** Time of checks and alerts. */
  readonly clock?: Clock;
}

/** What a monitor tells. */
export type HealthEvent =
  | { readonly type: "check"; readonly service: string; readonly check: HealthCheck }
  | {
      readonly type: "statusChange";
      readonly service: string;
      readonly from: ServiceStatus;
      readonly to: ServiceStatus;
    }
  | { readonly type: "alert"; readonly alert: Alert; readonly atMs: number };

/** Watches services, keeps their checks, guards calls to them, and raises alerts. */
export interface HealthMonitor extends Pick<EventSource<HealthEvent>, "on" | "events">, AsyncDisposable {
  /** Adds a service. Disposing removes it. @throws PatternsError PATTERNS_INVALID_ARGUMENT for a name twice, PATTERNS_CLOSED */
  registerService(name: string, check: CheckFunction, options?: ServiceOptions): AsyncDisposable;
  /** Checks a service now. @throws PatternsError PATTERNS_SERVICE_NOT_REGISTERED */
  checkServiceHealth(name: string): Promise<HealthCheck>;
  /** Checks every service now, side by side. */
  checkAllServices(): Promise<Readonly<Record<string, HealthCheck>>>;
  /** How everything is, by the checks so far. */
  getSystemHealth(): SystemHealth;
  /** {@link HealthMonitor.getSystemHealth} in its JSON shape. */
  report(): SystemHealthJson;
  /**
   * Calls a function through a service's breaker, with the arguments unchanged.
   *
   * @throws ResilienceError RESILIENCE_CIRCUIT_OPEN while the breaker is open; PatternsError PATTERNS_SERVICE_NOT_REGISTERED; and what
   * the function throws
   */
  callWithCircuitBreaker<Parameters extends readonly unknown[], Result>(
    name: string,
    call: (...parameters: Parameters) => Promise<Result> | Result,
    ...parameters: Parameters
  ): Promise<Result>;
  /** Begins to check each service at its interval, at once for the first time. The process may end while it runs. */
  startMonitoring(): void;
  /** Ends what `startMonitoring` began; checks that run go on. */
  stopMonitoring(): void;
  /** Raises an alert; false when it is held back by its cool-down or the hourly limit. */
  createAlert(alert: Alert): boolean;
  /** Alerts that were held back. */
  readonly suppressedAlerts: number;
  /** Stops monitoring, gives up the checks that run, and refuses further calls; idempotent. */
  close(): Promise<void>;
}

const alertMethods = { trace: "trace", debug: "debug", info: "info", warning: "warn" } as const;

/** Builds a {@link HealthMonitor}. */
export function createHealthMonitor(options: HealthMonitorOptions = {}): HealthMonitor {
  const {
    checkIntervalMs = 30_000,
    alertCooldownMs = 300_000,
    maximumAlertsPerHour = 100,
    historyLimit = 100,
  } = options;
  const { logger = silentLogger, clock = systemClock } = options;
  const emitter = createEmitter<HealthEvent>();
  const limiter = createAlertLimiter({ cooldownMs: alertCooldownMs, maximumPerHour: maximumAlertsPerHour }, clock);
  const services = new Map<string, WatchedService>();
  const statuses = new Map<string, ServiceStatus>();
  const timers = new Map<string, Timer>();
  let monitoring = false;
  let closing: Promise<void> | undefined;

  const serviceOf = (name: string): WatchedService => {
    const service = services.get(name);
    if (service !== undefined) return service;
    const message = `The health monitor watches no service "${name}".`;
    throw new PatternsError("PATTERNS_SERVICE_NOT_REGISTERED", message, { details: { service: name } });
  };
  const createAlert = (alert: Alert): boolean => {
    if (!limiter.admit(alert)) return false;
    const { severity, title, message, source } = alert;
    const method = severity in alertMethods ? alertMethods[severity as keyof typeof alertMethods] : "error";
    logger[method](`${title}: ${message}`, { source, severity });
    emitter.emit({ type: "alert", alert, atMs: clock.now() });
    return true;
  };
  const noteStatus = (service: WatchedService, error: string | undefined) => {
    const from = statuses.get(service.name) ?? "unknown";
    const { status: to } = service.health();
    if (from === to) return;
    statuses.set(service.name, to);
    emitter.emit({ type: "statusChange", service: service.name, from, to });
    if (to !== "unhealthy") return;
    const message = error ?? "its circuit is open";
    createAlert({ severity: "error", title: `${service.name} is unhealthy`, message, source: service.name });
  };
  const checkOne = async (service: WatchedService) => {
    const check = await service.check();
    // It may have been removed meanwhile.
    if (services.get(service.name) !== service) return check;
    emitter.emit({ type: "check", service: service.name, check });
    noteStatus(service, check.error);
    return check;
  };
  const repeat = (service: WatchedService) => {
    void checkOne(service).then(() => {
      if (!monitoring || services.get(service.name) !== service) return;
      const timer = clock.setTimer(service.intervalMs, () => repeat(service), { keepAlive: false });
      timers.set(service.name, timer);
    });
  };
  const remove = async (service: WatchedService) => {
    if (services.get(service.name) !== service) return;
    services.delete(service.name);
    statuses.delete(service.name);
    timers.get(service.name)?.cancel();
    timers.delete(service.name);
    await service.close();
  };
  const stopMonitoring = () => {
    monitoring = false;
    for (const timer of timers.values()) timer.cancel();
    timers.clear();
  };
  const close = async () => {
    stopMonitoring();
    await Promise.all([...services.values()].map(remove));
    emitter.close();
  };

  const monitor: HealthMonitor = {
    registerService(name, check, settings = {}) {
      if (closing !== undefined)
        throw new PatternsError("PATTERNS_CLOSED", `Cannot watch "${name}": the monitor is closed.`);
      if (services.has(name)) {
        throw new PatternsError("PATTERNS_INVALID_ARGUMENT", `The health monitor watches a service "${name}" already.`);
      }
      const service = watchService({
        name,
        check,
        options: settings,
        defaultIntervalMs: checkIntervalMs,
        historyLimit,
        clock,
      });
      services.set(name, service);
      if (monitoring) repeat(service);
      return { [Symbol.asyncDispose]: () => remove(service) };
    },
    checkServiceHealth: async (name) => checkOne(serviceOf(name)),
    async checkAllServices() {
      const all = [...services.values()].map(async (service) => [service.name, await checkOne(service)] as const);
      return Object.fromEntries(await Promise.all(all));
    },
    getSystemHealth() {
      const all = [...services.values()].map((service) => service.health());
      const overallStatus = worstStatus(all.map(({ status }) => status));
      return { atMs: clock.now(), overallStatus, services: Object.fromEntries(all.map((each) => [each.name, each])) };
    },
    report: () => toHealthJson(monitor.getSystemHealth()),
    async callWithCircuitBreaker(name, call, ...parameters) {
      const service = serviceOf(name);
      try {
        return await service.breaker.execute(async () => call(...parameters));
      } finally {
        noteStatus(service, undefined);
      }
    },
    startMonitoring() {
      if (monitoring || closing !== undefined) return;
      monitoring = true;
      for (const service of services.values()) repeat(service);
    },
    stopMonitoring,
    createAlert,
    get suppressedAlerts() {
      return limiter.suppressed;
    },
    close: () => (closing ??= close()),
    on: emitter.on,
    events: emitter.events,
    [Symbol.asyncDispose]: () => monitor.close(),
  };
  return monitor;
}
