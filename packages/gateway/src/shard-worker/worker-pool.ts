import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { describeError, type Clock, type Logger, type Timer } from "@antiphon/std";
import type { GatewaySocket, OpenShardSocket, ShardSocketHandlers } from "../gateway-socket.ts";
import type { TransportCompression } from "../inflater.ts";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";

/** Options of {@link createWorkerPool}. */
export interface WorkerPoolOptions {
  /** The most threads. */
  readonly workers: number;
  readonly compression: TransportCompression | "none";
  readonly streamInflate: boolean;
  /** Whether anybody looks into events of this name now. */
  readonly wants: (name: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Worker threads in which sockets are read. */
export interface WorkerPool {
  /** Opens a socket in the thread that has the fewest; when its thread ends, so does the socket, with 1006. */
  readonly openSocket: OpenShardSocket;
  /** Ends the threads; their sockets are to be closed before. */
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly sockets: Map<number, ShardSocketHandlers>;
}

/** Who wants what is a question of listeners, which come and go without a word; so it is asked again and again. */
const REFRESH_MS = 50;

/** Hands the messages of a batch on, in their order. */
function unpack({ receivedBytes, items, bytes }: Extract<WorkerReport, { type: "batch" }>, to: ShardSocketHandlers) {
  to.onReceived(receivedBytes);
  let at = bytes.byteOffset;
  for (const item of items) {
    if (typeof item !== "number") {
      to.onSkipped(item);
      continue;
    }
    to.onMessage(Buffer.from(bytes.buffer, at, item));
    at += item;
  }
}

/** Builds a {@link WorkerPool}; threads start when they are needed. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { wants, clock, logger, compression, streamInflate } = options;
  const threads = new Set<Thread>();
  const answers = new Map<string, boolean>();
  let lastSocketId = 0;
  let timer: Timer | undefined;
  let isClosed = false;

  const tellAll = (command: WorkerCommand) => {
    for (const { worker } of threads) worker.postMessage(command);
  };
  const refresh = () => {
    for (const [name, before] of answers) {
      const isWanted = wants(name);
      if (isWanted === before) continue;
      answers.set(name, isWanted);
      tellAll({ type: "wanted", name, isWanted });
    }
    timer = isClosed ? undefined : clock.setTimer(REFRESH_MS, refresh, { keepAlive: false });
  };

  const handle = (thread: Thread, report: WorkerReport) => {
    if (report.type === "ask") {
      const isWanted = wants(report.name);
      answers.set(report.name, isWanted);
      tellAll({ type: "wanted", name: report.name, isWanted });
      timer ??= clock.setTimer(REFRESH_MS, refresh, { keepAlive: false });
      return;
    }
    const { socketId } = report;
    const handlers = thread.sockets.get(socketId);
    if (report.type === "closed") {
      thread.sockets.delete(socketId);
      return handlers?.onClosed(report.code, report.problem);
    }
    const sizeBytes = report.bytes.byteLength;
    if (handlers !== undefined) unpack(report, handlers);
    thread.worker.postMessage({ type: "taken", socketId, sizeBytes } satisfies WorkerCommand);
  };
  const fail = (thread: Thread, problem: string) => {
    if (!threads.delete(thread) || isClosed) return;
    logger.error("A gateway thread ended; its shards resume in another.", { problem, shards: thread.sockets.size });
    const lost = [...thread.sockets.values()];
    thread.sockets.clear();
    for (const { onClosed } of lost) onClosed(1006, `the worker thread ended: ${problem}`);
  };
  const start = (): Thread => {
    // By the package's own name, so that it is found in sources and in the build alike.
    const entry = createRequire(import.meta.url).resolve("@antiphon/gateway/shard-worker");
    const worker = new Worker(entry, { name: "antiphon-gateway" });
    const thread: Thread = { worker, sockets: new Map() };
    worker.on("message", (report: WorkerReport) => handle(thread, report));
    worker.on("error", (error) => fail(thread, describeError(error)));
    worker.on("exit", (code) => fail(thread, `it exited with code ${code}`));
    threads.add(thread);
    return thread;
  };
  const choose = (): Thread => {
    if (threads.size < options.workers) return start();
    return [...threads].reduce((best, thread) => (thread.sockets.size < best.sockets.size ? thread : best));
  };

  return {
    openSocket(url, handlers): GatewaySocket {
      const socketId = ++lastSocketId;
      const thread = choose();
      thread.sockets.set(socketId, handlers);
      const tell = (command: WorkerCommand) => thread.worker.postMessage(command);
      tell({ type: "open", socketId, url, compression, streamInflate });
      return {
        send: (text) => tell({ type: "send", socketId, text }),
        close: (code) => tell({ type: "close", socketId, code }),
        abort: () => tell({ type: "abort", socketId }),
      };
    },
    async close() {
      isClosed = true;
      timer?.cancel();
      timer = undefined;
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
      threads.clear();
    },
  };
}
