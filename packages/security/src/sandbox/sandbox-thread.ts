import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { systemClock } from "@antiphon/std";
import type { RunOutcome, WorkerCommand, WorkerReport } from "./worker-message.ts";

/** What happens during a run. */
export interface RunListener {
  onCall(callId: number, name: string, argumentJson: string): void;
  onLog(level: string, text: string): void;
}

/** The thread of a sandbox. */
export interface SandboxThread {
  /** Whether it can run something more: a thread whose guest misbehaved is not used again. */
  readonly isUsable: boolean;
  /** Runs once; resolves also when the thread ends, or when it had to be ended. */
  run(
    command: Extract<WorkerCommand, { readonly type: "run" }>,
    listener: RunListener,
    signal: AbortSignal,
  ): Promise<RunOutcome>;
  /** Answers a call of the present run. */
  answer(callId: number, ok: boolean, text: string): void;
  /** Ends it; idempotent. */
  close(): Promise<void>;
}

/** The interpreter looks at the clock itself; this is for what it does without looking. */
const GRACE_MS = 1_000;
/** How long a thread may take to start, which is the machine's fault and not the guest's. */
const START_MS = 30_000;

/** Starts a {@link SandboxThread}. */
export function startSandboxThread(memoryBytes: number): SandboxThread {
  // By the package's own name, so that it is found in sources and in the build alike.
  const entry = createRequire(import.meta.url).resolve("@antiphon/security/sandbox/worker");
  const worker = new Worker(entry, {
    name: "antiphon-sandbox",
    env: {},
    // The interpreter's last words when it gives up; a guest could fill the host's log with them.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 64 + Math.ceil(memoryBytes / 1024 ** 2), stackSizeMb: 4 },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  worker.unref();
  let isUsable = true;
  let finish: ((outcome: RunOutcome) => void) | undefined;
  let listener: RunListener | undefined;
  let onStarted: (() => void) | undefined;
  const end = (outcome: RunOutcome) => {
    // What its own bounds stopped is gone without a trace; after anything else a new thread is the better start.
    isUsable &&= outcome.ok || outcome.failure === "codeFailed" || outcome.failure === "invalidResult";
    finish?.(outcome);
  };
  const fail = (failure: "timedOut" | "crashed", message: string) =>
    end({ ok: false, failure, message, droppedLogLines: 0 });
  worker.on("message", (report: WorkerReport) => {
    if (report.type === "done") {
      isUsable &&= report.isClean;
      end(report.outcome);
    } else if (report.type === "started") onStarted?.();
    else if (report.type === "call") listener?.onCall(report.callId, report.name, report.argumentJson);
    else listener?.onLog(report.level, report.text);
  });
  worker.on("error", (error) => fail("crashed", `The thread failed: ${error instanceof Error ? error.message : "?"}`));
  worker.on("exit", () => fail("crashed", "The thread ended."));

  const close = async () => {
    isUsable = false;
    await worker.terminate();
  };
  return {
    get isUsable() {
      return isUsable;
    },
    async run(command, runListener, signal) {
      const { promise, resolve } = Promise.withResolvers<RunOutcome>();
      finish = resolve;
      listener = runListener;
      const { timeoutMs } = command.limits;
      let watchdog = systemClock.setTimer(START_MS, () => fail("crashed", "The thread did not start."));
      onStarted = () => {
        watchdog.cancel();
        const message = `It took longer than ${timeoutMs} ms, and had to be ended.`;
        watchdog = systemClock.setTimer(timeoutMs + GRACE_MS, () => fail("timedOut", message));
      };
      const onAbort = () => fail("timedOut", "It was aborted.");
      signal.addEventListener("abort", onAbort, { once: true });
      // A run under way keeps the process alive; an idle sandbox does not.
      worker.ref();
      worker.postMessage(command);
      try {
        return await promise;
      } finally {
        signal.removeEventListener("abort", onAbort);
        watchdog.cancel();
        onStarted = undefined;
        finish = undefined;
        listener = undefined;
        worker.unref();
        if (!isUsable) await close();
      }
    },
    answer: (callId, ok, text) => worker.postMessage({ type: "answer", callId, ok, text } satisfies WorkerCommand),
    close,
  };
}
