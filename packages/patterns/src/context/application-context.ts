import { createEmitter, describeError, systemClock, toDisposable, type Clock, type EventSource } from "@antiphon/std";
import { PatternsError } from "../error.ts";
import { currentCaller, runInContext, type Caller } from "./current-context.ts";
import { withDeadline } from "./deadline.ts";
import { orderServices } from "./service-order.ts";

/** How far an application is. */
export type ContextState = "created" | "starting" | "running" | "stopping" | "closed";

/** How one service starts and stops. */
export interface ServiceOptions<Service> {
  /** Names of services that start before this one and stop after it. */
  readonly dependsOn?: readonly string[];
  /** Makes the service ready; the signal aborts at the deadline. */
  readonly start?: (service: Service, signal: AbortSignal) => unknown;
  /** Ends the service; the signal aborts at the deadline. Defaults to its `Symbol.asyncDispose`, `Symbol.dispose` or `close`. */
  readonly stop?: (service: Service, signal: AbortSignal) => unknown;
  /** How long `start` may take, in milliseconds. Defaults to the context's. */
  readonly startTimeoutMs?: number;
  /** How long `stop` may take, in milliseconds. Defaults to the context's. */
  readonly stopTimeoutMs?: number;
}

/** Takes part in the life of an application; every method is optional and has the deadline of a service. */
export interface LifecycleHook {
  /** What errors call the hook. */
  readonly name: string;
  /** Before the first service starts; a failure ends the start. */
  beforeInitialize?(signal: AbortSignal): unknown;
  /** After the last service has started; a failure ends the start. */
  afterInitialize?(signal: AbortSignal): unknown;
  /** Before the first service stops. */
  beforeShutdown?(signal: AbortSignal): unknown;
  /** After the last service has stopped. */
  afterShutdown?(signal: AbortSignal): unknown;
}

type HookMethod = Exclude<keyof LifecycleHook, "name">;

/** What a context tells. */
export type ContextEvent =
  | { readonly type: "stateChange"; readonly from: ContextState; readonly to: ContextState }
  | { readonly type: "serviceStart"; readonly name: string; readonly durationMs: number }
  | { readonly type: "serviceStop"; readonly name: string; readonly durationMs: number }
  | { readonly type: "serviceStopFailed"; readonly name: string; readonly error: unknown };

/** Options of {@link createApplicationContext}. */
export interface ApplicationContextOptions {
  /** How long one service or hook may take to start, in milliseconds. Defaults to 30,000. */
  readonly startTimeoutMs?: number;
  /** How long one service or hook may take to stop, in milliseconds. Defaults to 10,000. */
  readonly stopTimeoutMs?: number;
  /** Time of deadlines. */
  readonly clock?: Clock;
}

/** Options of {@link ApplicationContext.closeOnSignals}. */
export interface SignalOptions {
  /** Which signals. Defaults to SIGINT and SIGTERM. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Told once the context is closed, with what failed; the place to set the exit code. */
  readonly onClosed?: (error: unknown) => void;
  /** Who receives the signals. Defaults to this process. */
  readonly source?: Pick<NodeJS.EventEmitter, "on" | "off">;
}

/** Holds an application's services and drives its life. `Services` maps their names to their types. */
export interface ApplicationContext<Services extends object>
  extends Pick<EventSource<ContextEvent>, "on" | "events">, AsyncDisposable {
  /** How far the application is. */
  readonly state: ContextState;
  /** Adds a service; only before `initialize`, and each name once. @throws PatternsError PATTERNS_INVALID_ARGUMENT */
  registerService<Name extends keyof Services & string>(
    name: Name,
    service: Services[Name],
    options?: ServiceOptions<Services[Name]>,
  ): void;
  /** The service of that name. @throws PatternsError PATTERNS_SERVICE_NOT_REGISTERED */
  getService<Name extends keyof Services & string>(name: Name): Services[Name];
  /** Adds a hook; hooks run in the order in which they were added, at shutdown in reverse. */
  addLifecycleHook(hook: LifecycleHook): void;
  /**
   * Starts the services one after another, each after what it depends on. When one fails, those that had started are stopped.
   *
   * @throws PatternsError PATTERNS_START_FAILED, PATTERNS_DEPENDENCY_CYCLE, PATTERNS_SERVICE_NOT_REGISTERED
   */
  initialize(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Stops the services in reverse, each within its deadline; one that fails stops no other. Idempotent: every call has the outcome of
   * the first. An aborted signal ends every further wait at once. Leaving an `await using` block closes, too; where something else has
   * closed the context and been told what failed, that only waits for the end and does not throw it a second time.
   *
   * @throws PatternsError PATTERNS_SHUTDOWN_FAILED with every failure in its cause
   */
  close(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Runs `task` with this context as the current one, for a caller. */
  run<Result>(task: () => Result, caller?: Caller): Result;
  /** The user for whom the current call runs. */
  getCurrentUserId(): string | undefined;
  /** Closes the context on a signal of the operating system; a second signal ends every wait. Disposing stops listening. */
  closeOnSignals(options?: SignalOptions): Disposable;
}

interface Entry {
  readonly name: string;
  readonly service: unknown;
  readonly dependsOn: readonly string[];
  readonly options: ServiceOptions<never>;
}

interface Failure {
  readonly name: string;
  readonly error: unknown;
}

function stopByItself(service: unknown): unknown {
  if (typeof service !== "object" || service === null) return undefined;
  const owner = service as { readonly [name: PropertyKey]: unknown };
  const method = [Symbol.asyncDispose, Symbol.dispose, "close"].find((name) => typeof owner[name] === "function");
  return method === undefined ? undefined : (owner[method] as () => unknown)();
}

function shutdownError(failures: readonly Failure[]): PatternsError {
  const lines = failures.map(({ name, error }) => `${name}: ${describeError(error)}`);
  return new PatternsError("PATTERNS_SHUTDOWN_FAILED", `The shutdown was not clean. ${lines.join("; ")}`, {
    cause: new AggregateError(failures.map(({ error }) => error)),
    details: { services: failures.map(({ name }) => name) },
  });
}

/** Builds an {@link ApplicationContext}. */
export function createApplicationContext<Services extends object>(
  options: ApplicationContextOptions = {},
): ApplicationContext<Services> {
  const { startTimeoutMs = 30_000, stopTimeoutMs = 10_000, clock = systemClock } = options;
  const emitter = createEmitter<ContextEvent>();
  const entries = new Map<string, Entry>();
  const hooks: LifecycleHook[] = [];
  const started: Entry[] = [];
  let state: ContextState = "created";
  let starting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  /** Whether somebody has been given the outcome of the shutdown. */
  let isTold = false;

  const moveTo = (to: ContextState) => {
    const from = state;
    state = to;
    emitter.emit({ type: "stateChange", from, to });
  };
  const startOne = async (entry: Entry, signal: AbortSignal | undefined) => {
    const { name, service, options: settings } = entry;
    const beganMs = clock.monotonicMs();
    const timeoutMs = settings.startTimeoutMs ?? startTimeoutMs;
    // Counted as started before it is: one that fails half way has something to stop, too.
    started.push(entry);
    const task = (inner: AbortSignal) => settings.start?.(service as never, inner);
    const what = `The start of "${name}"`;
    await withDeadline(task, { timeoutMs, code: "PATTERNS_START_FAILED", what, clock, signal });
    emitter.emit({ type: "serviceStart", name, durationMs: clock.monotonicMs() - beganMs });
  };
  const stopOne = async ({ name, service, options: settings }: Entry, signal: AbortSignal | undefined) => {
    const beganMs = clock.monotonicMs();
    const timeoutMs = settings.stopTimeoutMs ?? stopTimeoutMs;
    const { stop = stopByItself } = settings;
    const what = `The stop of "${name}"`;
    const task = (inner: AbortSignal) => stop(service as never, inner);
    await withDeadline(task, { timeoutMs, code: "PATTERNS_SHUTDOWN_FAILED", what, clock, signal });
    emitter.emit({ type: "serviceStop", name, durationMs: clock.monotonicMs() - beganMs });
  };
  const runHook = async (hook: LifecycleHook, method: HookMethod, signal: AbortSignal | undefined) => {
    const isStart = method === "beforeInitialize" || method === "afterInitialize";
    await withDeadline((inner) => hook[method]?.(inner), {
      timeoutMs: isStart ? startTimeoutMs : stopTimeoutMs,
      code: isStart ? "PATTERNS_START_FAILED" : "PATTERNS_SHUTDOWN_FAILED",
      what: `${method} of the hook "${hook.name}"`,
      clock,
      signal,
    });
  };
  const stopAll = async (signal: AbortSignal | undefined): Promise<readonly Failure[]> => {
    const failures: Failure[] = [];
    const attempt = async (name: string, task: () => Promise<void>) => {
      try {
        await task();
      } catch (error) {
        failures.push({ name, error });
        emitter.emit({ type: "serviceStopFailed", name, error });
      }
    };
    const reversed = hooks.toReversed();
    for (const hook of reversed) await attempt(hook.name, () => runHook(hook, "beforeShutdown", signal));
    for (const entry of started.splice(0).toReversed()) await attempt(entry.name, () => stopOne(entry, signal));
    for (const hook of reversed) await attempt(hook.name, () => runHook(hook, "afterShutdown", signal));
    return failures;
  };
  const start = async (signal: AbortSignal | undefined) => {
    const ordered = orderServices(entries);
    moveTo("starting");
    try {
      for (const hook of hooks) await runHook(hook, "beforeInitialize", signal);
      for (const entry of ordered) {
        if (closing !== undefined)
          throw new PatternsError("PATTERNS_CLOSED", "The context was closed while it started.");
        await startOne(entry, signal);
      }
      for (const hook of hooks) await runHook(hook, "afterInitialize", signal);
    } catch (error) {
      moveTo("stopping");
      const failures = await stopAll(undefined);
      moveTo("closed");
      const rest = failures.length === 0 ? "" : ` ${shutdownError(failures).message}`;
      const message = `The application did not start: ${describeError(error)}.${rest}`;
      throw new PatternsError("PATTERNS_START_FAILED", message, { cause: error });
    }
    moveTo("running");
  };
  const shutDown = async (signal: AbortSignal | undefined) => {
    // A start in progress stops what it began by itself; its failure belongs to whoever called `initialize`.
    await starting?.catch(() => {});
    if (state === "closed") return;
    moveTo("stopping");
    const failures = await stopAll(signal);
    moveTo("closed");
    emitter.close();
    if (failures.length > 0) throw shutdownError(failures);
  };

  const end = (signal: AbortSignal | undefined) => (closing ??= shutDown(signal));
  const dispose = async () => {
    const wasTold = isTold;
    await end(undefined).catch((error: unknown) => {
      if (!wasTold) throw error;
    });
  };

  const context: ApplicationContext<Services> = {
    get state() {
      return state;
    },
    registerService(name, service, settings = {}) {
      if (state !== "created" || entries.has(name)) {
        const reason = entries.has(name) ? "it is registered already" : `the context is ${state}`;
        throw new PatternsError("PATTERNS_INVALID_ARGUMENT", `Cannot register the service "${name}": ${reason}.`);
      }
      entries.set(name, {
        name,
        service,
        dependsOn: settings.dependsOn ?? [],
        options: settings,
      });
    },
    getService(name) {
      const entry = entries.get(name);
      if (entry !== undefined) return entry.service as never;
      const message = `There is no service "${name}" in the application context.`;
      throw new PatternsError("PATTERNS_SERVICE_NOT_REGISTERED", message, { details: { service: name } });
    },
    addLifecycleHook: (hook) => void hooks.push(hook),
    initialize({ signal } = {}) {
      if (closing !== undefined || state === "closed")
        return Promise.reject(new PatternsError("PATTERNS_CLOSED", "Cannot initialize a closed context."));
      return (starting ??= start(signal));
    },
    close({ signal } = {}) {
      isTold = true;
      return end(signal);
    },
    run: (task, caller = {}) => runInContext(context as unknown as ApplicationContext<never>, caller, task),
    getCurrentUserId: () => currentCaller().userId,
    closeOnSignals({ signals = ["SIGINT", "SIGTERM"], onClosed, source = process } = {}) {
      const hurry = new AbortController();
      let asked = false;
      const onSignal = () => {
        if (asked)
          return hurry.abort(new PatternsError("PATTERNS_SHUTDOWN_FAILED", "A second signal asked to end now."));
        asked = true;
        isTold ||= onClosed !== undefined;
        end(hurry.signal).then(
          () => onClosed?.(undefined),
          (error: unknown) => onClosed?.(error),
        );
      };
      for (const signal of signals) source.on(signal, onSignal);
      return toDisposable(() => {
        for (const signal of signals) source.off(signal, onSignal);
      });
    },
    on: emitter.on,
    events: emitter.events,
    [Symbol.asyncDispose]: dispose,
  };
  return context;
}
