import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { describeError, silentLogger, type Logger } from "@antiphon/std";
import type { RoomCommand, RoomReport, WorkerCommand, WorkerReport } from "./worker/worker-message.ts";

/** Options of {@link createVoiceWorkers}. */
export interface VoiceWorkersOptions {
  /** How many threads connections are spread over. Defaults to 1, which carries some hundred streams. */
  readonly threads?: number | undefined;
  /**
   * How long a thread without connections stays, in milliseconds, so that the next join need not wait for one to start; it keeps no process
   * alive. Defaults to 0.
   */
  readonly lingerMs?: number | undefined;
  /** Told about threads that start, end and fail. */
  readonly logger?: Logger | undefined;
}

/** A connection's line to its thread. */
export interface WorkerLine {
  /** Asks something of the connection's room; does nothing once the line is released. */
  send(command: RoomCommand): void;
  /** Gives the room up; a thread without rooms ends, at once or when it has lingered. Resolves when it has ended, if it does. Idempotent. */
  release(): Promise<void>;
}

/** The threads that voice connections live in, started when they are needed and ended when they are not. */
export interface VoiceWorkers {
  /** Gives a connection a room in the least loaded thread; `onFailure` is called when that thread crashes. */
  lease(onReport: (report: RoomReport) => void, onFailure: (error: unknown) => void): WorkerLine;
  /** Starts a thread ahead of the first connection, if idle threads may linger and none runs. */
  warm(): void;
  /** How many threads run. */
  readonly running: number;
  /** Ends the threads that linger; those with connections end with the last of them. Idempotent. */
  close(): Promise<void>;
}

interface Tenant {
  readonly onReport: (report: RoomReport) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly tenants: Map<number, Tenant>;
  lingering: NodeJS.Timeout | null;
}

/** How long a thread that was asked to end may take for it. */
const END_TIMEOUT_MS = 5_000;

/** Builds a pool of voice threads; it starts none before the first connection. */
export function createVoiceWorkers(options: VoiceWorkersOptions = {}): VoiceWorkers {
  const { threads: limit = 1, logger = silentLogger } = options;
  let { lingerMs = 0 } = options;
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`createVoiceWorkers: threads must be a whole number from 1, not ${limit}`);
  const threads = new Set<Thread>();
  let lastConnectionId = 0;

  const fail = (thread: Thread, error: unknown) => {
    if (!threads.delete(thread)) return;
    if (thread.lingering !== null) clearTimeout(thread.lingering);
    logger.error(`A voice thread failed: ${describeError(error)}`);
    for (const tenant of thread.tenants.values()) tenant.onFailure(error);
    thread.tenants.clear();
  };
  const start = (): Thread => {
    // By the package's own name, so that it is found in sources and in the build alike.
    const entry = createRequire(import.meta.url).resolve("@antiphon/voice/worker");
    const worker = new Worker(entry, { name: "antiphon-voice" });
    const thread: Thread = { worker, tenants: new Map(), lingering: null };
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

  const end = async (thread: Thread) => {
    if (thread.lingering !== null) clearTimeout(thread.lingering);
    if (!threads.delete(thread)) return;
    const { worker } = thread;
    // Asked rather than terminated: it finishes what it is at, its start and the compilation of WASM included, which V8 has been seen to
    // take the whole process down for when it is cut short.
    const exited = new Promise<number>((resolve) => worker.once("exit", resolve));
    // One that lingered keeps no process alive, but its end is waited for.
    worker.ref();
    worker.postMessage({ type: "end" } satisfies WorkerCommand);
    const impatience = setTimeout(() => void worker.terminate(), END_TIMEOUT_MS).unref();
    const exitCode = await exited;
    clearTimeout(impatience);
    logger.debug("A voice thread ended", { threads: threads.size, exitCode });
  };
  const linger = (thread: Thread) => {
    thread.worker.unref();
    thread.lingering = setTimeout(() => void end(thread), lingerMs);
    thread.lingering.unref();
  };
  const occupy = (thread: Thread) => {
    if (thread.lingering === null) return;
    clearTimeout(thread.lingering);
    thread.lingering = null;
    thread.worker.ref();
  };

  return {
    lease(onReport, onFailure) {
      const thread = choose();
      occupy(thread);
      const connectionId = ++lastConnectionId;
      thread.tenants.set(connectionId, { onReport, onFailure });
      return {
        send(command) {
          if (thread.tenants.has(connectionId))
            thread.worker.postMessage({ type: "room", connectionId, command } satisfies WorkerCommand);
        },
        async release() {
          if (!thread.tenants.delete(connectionId) || thread.tenants.size > 0) return;
          if (lingerMs > 0) linger(thread);
          else await end(thread);
        },
      };
    },
    warm() {
      if (lingerMs > 0 && threads.size === 0) linger(start());
    },
    get running() {
      return threads.size;
    },
    async close() {
      lingerMs = 0;
      await Promise.all([...threads].filter(({ tenants }) => tenants.size === 0).map(end));
    },
  };
}
