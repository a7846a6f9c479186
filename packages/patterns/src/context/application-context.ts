import type { EventSource, Clock } from "@antiphon/std";
import type { Caller } from "./caller.ts";

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

/** What a context tells. */
export type ContextEvent =
  | { readonly type: "stateChange"; readonly from: ContextState; readonly to: ContextState }
  | { readonly type: "serviceStart"; readonly name: string; readonly durationMs: number }
  | { readonly type: "serviceStop"; readonly name: string; readonly durationMs: number }
  | { readonly type: "serviceStopFailed"; readonly name: string; readonly error: unknown };

/** Options of `createApplicationContext`. */
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
