import { parentPort } from "node:worker_threads";
import { newQuickJSWASMModuleFromVariant } from "quickjs-emscripten-core";
import { startGuest, type GuestRun } from "./run-guest.ts";
import type { WorkerCommand, WorkerReport } from "./worker-message.ts";

// The thread of a sandbox: one run after another, each in an interpreter of its own.

const port = parentPort;
if (port === null) throw new Error("This module is the thread of a sandbox; createSandbox starts it.");
const post = (report: WorkerReport) => port.postMessage(report);
const loaded = newQuickJSWASMModuleFromVariant(import("@jitl/quickjs-wasmfile-release-sync"));
let running: GuestRun | undefined;

async function run(command: Extract<WorkerCommand, { readonly type: "run" }>): Promise<void> {
  const module = await loaded;
  post({ type: "started" });
  running = startGuest(module, command, post);
  post({ type: "done", ...(await running.end) });
}

port.on("message", (command: WorkerCommand) => {
  if (command.type === "run") void run(command);
  else running?.answer(command.callId, command.ok, command.text);
});
