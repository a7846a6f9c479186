import { fileURLToPath } from "node:url";
import { measureProcess } from "@antiphon/bench";
import type { ArrivalFigures } from "./arrival-figures.ts";
import { startArrivalServer, type ArrivalServer } from "./arrival-server.ts";
import type { SendingResult, SendingTask } from "./sending-client.ts";

const client = fileURLToPath(new URL("sending-client.ts", import.meta.url));

/** Which library sends. */
export type Library = SendingTask["library"];

/** One run's figures: what arrived, and what it cost to send it. */
export interface StreamRun extends ArrivalFigures {
  /** CPU time of the sending process, per stream and second, in milliseconds. */
  readonly cpuMs: number;
}

let started: ArrivalServer | undefined;

async function send(server: ArrivalServer, rooms: number, task: Omit<SendingTask, "credentials" | "ca">) {
  const { credentials, ca } = await server.ask({ kind: "admit", rooms });
  const argument = JSON.stringify({ ...task, credentials, ca } satisfies SendingTask);
  const { output } = await measureProcess(client, [argument]);
  return JSON.parse(output) as SendingResult;
}

/** Sends so many streams for a while, each in a room of its own, with the main thread blocked `blockMs` of each second. */
export async function runStreams(
  library: Library,
  options: { readonly streams: number; readonly windowMs: number; readonly blockMs: number },
): Promise<StreamRun> {
  const { streams, windowMs, blockMs } = options;
  const server = (started ??= startArrivalServer());
  const { fromMs, untilMs, cpuMs } = await send(server, streams, { library, mode: "stream", windowMs, blockMs });
  const { figures } = await server.ask({ kind: "figures", fromMs, untilMs });
  return { ...figures, cpuMs: (cpuMs / streams / (untilMs - fromMs)) * 1_000 };
}

/** How long it takes from each join to its first end-to-end encrypted packet, in milliseconds, in order. */
export async function runJoins(library: Library, joins: number): Promise<number[]> {
  const server = (started ??= startArrivalServer());
  const { joinedFromMs } = await send(server, joins, { library, mode: "join", windowMs: 0, blockMs: 0 });
  const { firstMs } = await server.ask({ kind: "first" });
  return joinedFromMs.map((fromMs, room) => (firstMs[room] ?? Number.POSITIVE_INFINITY) - fromMs);
}
