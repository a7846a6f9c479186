import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bar, type Bench, type BenchContext } from "@antiphon/bench";
import { startArrivalServer, type ArrivalServer } from "./arrival-server.ts";
import type { ArrivalFigures } from "./arrival-figures.ts";
import type { SendingResult, SendingTask } from "./sending-client.ts";

const RIVAL = { name: "@discordjs/voice", version: "0.19.2" };
const client = fileURLToPath(new URL("sending-client.ts", import.meta.url));

type Library = SendingTask["library"];

let server: ArrivalServer | undefined;

function openServer(): void {
  server ??= startArrivalServer();
}
function closeServer(): void {
  server?.close();
  server = undefined;
}

async function send(server: ArrivalServer, rooms: number, task: Omit<SendingTask, "credentials" | "ca">) {
  const { credentials, ca } = await server.ask({ kind: "admit", rooms });
  const { output } = await measureProcess(client, [JSON.stringify({ ...task, credentials, ca } satisfies SendingTask)]);
  return JSON.parse(output) as SendingResult;
}

/** One run's figures: what arrived, and what it cost to send it. */
interface StreamRun extends ArrivalFigures {
  /** CPU time in milliseconds per stream and second. */
  readonly cpuMs: number;
}

async function runStreams(library: Library, streams: number, windowMs: number, blockMs: number): Promise<StreamRun> {
  openServer();
  if (server === undefined) throw new Error("no server");
  const { fromMs, untilMs, cpuMs } = await send(server, streams, { library, mode: "stream", windowMs, blockMs });
  const { figures } = await server.ask({ kind: "figures", fromMs, untilMs });
  return { ...figures, cpuMs: (cpuMs / streams / (untilMs - fromMs)) * 1_000 };
}
