import type {
  ApplicationContext,
  ApplicationContextOptions,
  ContextEvent,
  ContextState,
  LifecycleHook,
  ServiceOptions,
} from "./application-context.ts";
import { createEmitter, describeError, systemClock, toDisposable } from "@antiphon/std";
import { PatternsError } from "../error.ts";
import { currentCaller, runInContext } from "./current-context.ts";
import { withDeadline } from "./deadline.ts";
import { orderServices } from "./service-order.ts";

type HookMethod = Exclude<keyof LifecycleHook, "name">;

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
