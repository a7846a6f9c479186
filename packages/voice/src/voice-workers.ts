import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { describeError, silentLogger, type Logger } from "@antiphon/std";
import type { RoomCommand, RoomReport, WorkerCommand, WorkerReport } from "./worker/worker-message.ts";

/** Options of {@link createVoiceWorkers}. */
export interface VoiceWorkersOptions {
  /** How many threads connections are spread over. Defaults to 1, which carries some hundred streams. */
  readonly threads?: number | undefined;
  /** Told about threads that start, end and fail. */
  readonly logger?: Logger | undefined;
}

/** A connection's line to its thread. */
export interface WorkerLine {
  /** Asks something of the connection's room; does nothing once the line is released. */
  send(command: RoomCommand): void;
  /** Gives the room up; a thread without rooms ends. Resolves when it has ended, if it does. Idempotent. */
  release(): Promise<void>;
}

/** The threads that voice connections live in, started when they are needed and ended when they are not. */
export interface VoiceWorkers {
  /** Gives a connection a room in the least loaded thread; `onFailure` is called when that thread crashes. */
  lease(onReport: (report: RoomReport) => void, onFailure: (error: unknown) => void): WorkerLine;
  /** How many threads run. */
  readonly running: number;
}

interface Tenant {
  readonly onReport: (report: RoomReport) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly tenants: Map<number, Tenant>;
}

/** Builds a pool of voice threads; it starts none before the first connection. */
export function createVoiceWorkers(options: VoiceWorkersOptions = {}): VoiceWorkers {
  const { threads: limit = 1, logger = silentLogger } = options;
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`createVoiceWorkers: threads must be a whole number from 1, not ${limit}`);
  const threads = new Set<Thread>();
  let lastConnectionId = 0;

  const fail = (thread: Thread, error: unknown) => {
    if (!threads.delete(thread)) return;
    logger.error(`A voice thread failed: ${describeError(error)}`);
    for (const tenant of thread.tenants.values()) tenant.onFailure(error);
    thread.tenants.clear();
  };
  const start = (): Thread => {
    // By the package's own name, so that it is found in sources and in the build alike.
    const entry = createRequire(import.meta.url).resolve("@antiphon/voice/worker");
    const worker = new Worker(entry, { name: "antiphon-voice" });
    const thread: Thread = { worker, tenants: new Map() };
    worker.on("message", ({ connectionId, report }: WorkerReport) =>
      thread.tenants.get(connectionId)?.onReport(report),
    );
    worker.on("error", (error) => fail(thread, error));
    worker.on("exit", (code) => fail(thread, new Error(`the thread exited with code ${code}`)));
    threads.add(thread);
    logger.debug("A voice thread started", { threads: threads.size });
    return thread;
  };
  const choose = (): Thread => {
    const [first, ...others] = threads;
    if (first === undefined) return start();
    const least = others.reduce((left, right) => (right.tenants.size < left.tenants.size ? right : left), first);
    return least.tenants.size > 0 && threads.size < limit ? start() : least;
  };

  return {
    lease(onReport, onFailure) {
      const thread = choose();
      const connectionId = ++lastConnectionId;
      thread.tenants.set(connectionId, { onReport, onFailure });
      return {
        send(command) {
          if (thread.tenants.has(connectionId))
            thread.worker.postMessage({ connectionId, command } satisfies WorkerCommand);
        },
        async release() {
          if (!thread.tenants.delete(connectionId) || thread.tenants.size > 0) return;
          threads.delete(thread);
          await thread.worker.terminate();
          logger.debug("A voice thread ended", { threads: threads.size });
        },
      };
    },
    get running() {
      return threads.size;
    },
  };
}
