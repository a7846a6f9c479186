import { Scope, type QuickJSContext, type QuickJSHandle, type QuickJSWASMModule } from "quickjs-emscripten-core";
import { createHostBridge, type HostBridge } from "./host-bridge.ts";
import { GUEST_PRELUDE } from "./guest-prelude.ts";
import type { RunFailure, RunOutcome, WorkerCommand, WorkerReport } from "./worker-message.ts";

/** A run, as the main thread asks for it. */
export type RunRequest = Extract<WorkerCommand, { readonly type: "run" }>;

/** How a run ended, and whether the interpreter could be taken down in order. */
export interface GuestEnd {
  readonly outcome: RunOutcome;
  readonly isClean: boolean;
}

/** A run that is under way. */
export interface GuestRun {
  readonly end: Promise<GuestEnd>;
  /** Hands the host's answer to the guest. */
  answer(callId: number, ok: boolean, text: string): void;
}

class GuestFailure extends Error {
  readonly failure: RunFailure;

  constructor(failure: RunFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

const LONGEST_MESSAGE = 1_000;
/** Jobs between two looks at the clock: the interpreter asks only within long ones. */
const JOBS_AT_ONCE = 256;

/** The text of what the guest threw, which can be anything. */
function describeThrown(context: QuickJSContext, thrown: QuickJSHandle): string {
  const textOf = (name: string) => {
    using value = context.getProp(thrown, name);
    return context.typeof(value) === "string" ? context.getString(value) : undefined;
  };
  if (context.typeof(thrown) === "string") return context.getString(thrown);
  if (context.eq(thrown, context.null)) return "The memory ended, or null was thrown.";
  const [name = "Error", message = "something that is no Error was thrown"] = [textOf("name"), textOf("message")];
  return `${name}: ${message}`;
}

/** Starts a run in an interpreter of its own. */
export function startGuest(
  module: QuickJSWASMModule,
  request: RunRequest,
  post: (report: WorkerReport) => void,
): GuestRun {
  const { limits } = request;
  const deadlineMs = performance.now() + limits.timeoutMs;
  const isLate = () => performance.now() > deadlineMs;
  let bridge: HostBridge | undefined;

  const lateness = () => new GuestFailure("timedOut", `It took longer than ${limits.timeoutMs} ms.`);
  const failureOf = (context: QuickJSContext, thrown: QuickJSHandle): GuestFailure => {
    const text = describeThrown(context, thrown).slice(0, LONGEST_MESSAGE);
    // Asked last, because a guest's error can take its time to tell its name.
    if (isLate()) return lateness();
    // Where there is no memory left for an error, QuickJS throws null.
    const isMemory = text === "InternalError: out of memory" || context.eq(thrown, context.null);
    return new GuestFailure(isMemory ? "outOfMemory" : "codeFailed", text);
  };

  const run = async (scope: Scope): Promise<string> => {
    const runtime = scope.manage(module.newRuntime());
    runtime.setMemoryLimit(limits.memoryBytes);
    runtime.setMaxStackSize(limits.stackBytes);
    runtime.setInterruptHandler(isLate);
    runtime.setModuleLoader(
      (name) => {
        const text = Object.hasOwn(request.modules, name) ? request.modules[name] : undefined;
        return text ?? { error: new Error(`The module "${name}" is not allowed.`) };
      },
      // Names are taken as they are written: there are no folders to walk about in.
      (_base, name) => name,
    );
    const context = scope.manage(runtime.newContext());
    const unwrap = (result: ReturnType<QuickJSContext["evalCode"]>): QuickJSHandle => {
      if (result.error === undefined) return scope.manage(result.value);
      throw failureOf(context, scope.manage(result.error));
    };
    const text = (value: string) => scope.manage(context.newString(value));
    bridge = createHostBridge(context, scope, limits, post);
    const prelude = unwrap(context.evalCode(GUEST_PRELUDE, "prelude.js"));
    const names = text(JSON.stringify(request.grantNames));
    const tools = unwrap(context.callFunction(prelude, context.undefined, [bridge.call, bridge.log, names]));
    const invoke = scope.manage(context.getProp(tools, "invoke"));
    const stringify = scope.manage(context.getProp(tools, "stringify"));

    const drain = () => {
      while (runtime.hasPendingJob()) {
        if (isLate()) throw lateness();
        const jobs = runtime.executePendingJobs(JOBS_AT_ONCE);
        if (jobs.error !== undefined) throw failureOf(context, scope.manage(jobs.error));
      }
    };
    const settle = async (handle: QuickJSHandle): Promise<QuickJSHandle> => {
      for (;;) {
        drain();
        if (isLate()) throw lateness();
        const state = context.getPromiseState(handle);
        if (state.type === "fulfilled") return state.notAPromise === true ? handle : scope.manage(state.value);
        if (state.type === "rejected") throw failureOf(context, scope.manage(state.error));
        if (!bridge?.isWaiting)
          throw new GuestFailure("codeFailed", "It waits for a promise that nothing will settle.");
        await bridge.nextAnswer(deadlineMs - performance.now());
      }
    };
    const namespace = await settle(unwrap(context.evalCode(request.source, "plugin.js", { type: "module" })));
    const parameters = [namespace, text(request.functionName), text(request.argumentsJson)];
    const value = await settle(unwrap(context.callFunction(invoke, context.undefined, parameters)));
    const written = context.callFunction(stringify, context.undefined, [value]);
    if (written.error !== undefined) {
      const failure = failureOf(context, scope.manage(written.error));
      if (failure.failure !== "codeFailed") throw failure;
      throw new GuestFailure("invalidResult", `The result cannot be written as JSON: ${failure.message}`);
    }
    const json = scope.manage(written.value);
    if (context.typeof(json) !== "string")
      throw new GuestFailure("invalidResult", "The result is nothing JSON can hold.");
    using length = context.getProp(json, "length");
    if (context.getNumber(length) > limits.maximumOutputLength) {
      const message = `The result has more than ${limits.maximumOutputLength} characters.`;
      throw new GuestFailure("tooLarge", message);
    }
    return context.getString(json);
  };

  const runIn = async (scope: Scope): Promise<RunOutcome> => {
    const dropped = () => ({ droppedLogLines: bridge?.droppedLogLines ?? 0 });
    try {
      const json = await run(scope);
      return { ok: true, json, ...dropped() };
    } catch (error) {
      if (error instanceof GuestFailure)
        return { ok: false, failure: error.failure, message: error.message, ...dropped() };
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { ok: false, failure: "crashed", message: message.slice(0, LONGEST_MESSAGE), ...dropped() };
    }
  };
  const finish = async (): Promise<GuestEnd> => {
    const scope = new Scope();
    const outcome = await runIn(scope);
    try {
      scope.dispose();
      return { outcome, isClean: true };
    } catch {
      // QuickJS gives up when objects are left over, as they can be once its memory has ended; the outcome stands.
      return { outcome, isClean: false };
    }
  };
  return { end: finish(), answer: (callId, ok, value) => bridge?.answer(callId, ok, value) };
}
