import type { QuickJSContext, QuickJSDeferredPromise, QuickJSHandle, Scope } from "quickjs-emscripten-core";
import type { RunLimits, WorkerReport } from "./worker-message.ts";

/** The two ways out of a guest: calls that are answered, and lines of a log. */
export interface HostBridge {
  /** The guest's function of a name and JSON text, which promises JSON text. */
  readonly call: QuickJSHandle;
  /** The guest's function of a level and a text. */
  readonly log: QuickJSHandle;
  /** Whether a call has no answer yet. */
  readonly isWaiting: boolean;
  /** Lines past the limit. */
  readonly droppedLogLines: number;
  /** Settles the guest's promise. */
  answer(callId: number, ok: boolean, text: string): void;
  /** Resolves with the next answer, or when this much time has passed. */
  nextAnswer(timeoutMs: number): Promise<void>;
}

const LONGEST_LINE = 1_000;

/** Builds a {@link HostBridge} whose handles live as long as `scope`. */
export function createHostBridge(
  context: QuickJSContext,
  scope: Scope,
  limits: RunLimits,
  post: (report: WorkerReport) => void,
): HostBridge {
  const waiting = new Map<number, QuickJSDeferredPromise>();
  let calls = 0;
  let lines = 0;
  let wake = () => {};

  const isTooLong = (handle: QuickJSHandle): boolean => {
    using length = context.getProp(handle, "length");
    return context.getNumber(length) > limits.maximumOutputLength;
  };
  const call = (nameHandle: QuickJSHandle, jsonHandle: QuickJSHandle): QuickJSHandle => {
    const deferred = scope.manage(context.newPromise());
    const refuse = (message: string) => {
      using error = context.newError(message);
      deferred.reject(error);
      return deferred.handle;
    };
    calls += 1;
    if (calls > limits.maximumHostCalls) return refuse(`A run may call the host ${limits.maximumHostCalls} times.`);
    if (isTooLong(jsonHandle)) return refuse(`An argument may have ${limits.maximumOutputLength} characters.`);
    waiting.set(calls, deferred);
    const argumentJson = context.getString(jsonHandle);
    post({ type: "call", callId: calls, name: context.getString(nameHandle), argumentJson });
    return deferred.handle;
  };
  const log = (levelHandle: QuickJSHandle, textHandle: QuickJSHandle): void => {
    lines += 1;
    if (lines > limits.maximumLogLines) return;
    const text = isTooLong(textHandle) ? "(a line that is too long)" : context.getString(textHandle);
    post({ type: "log", level: context.getString(levelHandle), text: text.slice(0, LONGEST_LINE) });
  };
  return {
    call: scope.manage(context.newFunction("callHost", call)),
    log: scope.manage(context.newFunction("log", log)),
    get isWaiting() {
      return waiting.size > 0;
    },
    get droppedLogLines() {
      return Math.max(0, lines - limits.maximumLogLines);
    },
    answer(callId, ok, text) {
      const deferred = waiting.get(callId);
      waiting.delete(callId);
      if (deferred?.alive !== true) return;
      using value = ok ? context.newString(text) : context.newError(text);
      if (ok) deferred.resolve(value);
      else deferred.reject(value);
      wake();
    },
    async nextAnswer(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, timeoutMs + 1);
      await promise;
      clearTimeout(timer);
    },
  };
}
