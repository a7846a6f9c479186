import { parentPort } from "node:worker_threads";
import { describeError } from "@antiphon/std";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";
import { openWorkerSocket, type WorkerSocket } from "./worker-socket.ts";

const port = parentPort;
if (port === null)
  throw new Error("@antiphon/gateway/shard-worker runs in a worker thread only; use createGateway({ workers }).");

/** Far more than there are events; names beyond are all handed on. */
const MAXIMUM_NAMES = 1_000;

const sockets = new Map<number, WorkerSocket>();
const wanted = new Map<string, boolean>();

function report(message: WorkerReport, transfer: readonly ArrayBuffer[] = []): void {
  if (message.type === "closed") sockets.delete(message.socketId);
  port?.postMessage(message, transfer);
}

function isWanted(name: string): boolean {
  const known = wanted.get(name);
  if (known !== undefined) return known;
  if (wanted.size < MAXIMUM_NAMES) {
    wanted.set(name, true);
    report({ type: "ask", name });
  }
  return true;
}

function open(command: Extract<WorkerCommand, { type: "open" }>): void {
  const { socketId } = command;
  try {
    sockets.set(socketId, openWorkerSocket(command, isWanted, report));
  } catch (error) {
    report({ type: "closed", socketId, code: 1006, problem: describeError(error) });
  }
}

port.on("message", (command: WorkerCommand) => {
  if (command.type === "open") open(command);
  else if (command.type === "wanted") wanted.set(command.name, command.isWanted);
  else sockets.get(command.socketId)?.handle(command);
});
