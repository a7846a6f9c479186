import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type BenchContext } from "@antiphon/bench";
import type { FloodFigures } from "./flood-client.ts";
import { startFloodServer } from "./flood-server.ts";

const clientFile = fileURLToPath(new URL("flood-client.ts", import.meta.url));
const { version } = JSON.parse(readFileSync(findPackageJSON("ws", import.meta.url) ?? "", "utf8")) as {
  readonly version: string;
};
let address: Promise<string> | undefined;

type Figure = keyof FloodFigures;
function contender(client: "ws" | "ours", sizeBytes: number, figure: Figure) {
  return async ({ isQuick }: BenchContext) => {
    address ??= startFloodServer();
    const args = [client, await address, String(sizeBytes), isQuick ? "50000" : "200000"];
    return (JSON.parse((await measureProcess(clientFile, args)).output) as FloodFigures)[figure];
  };
}

function flood(name: string, sizeBytes: number, figure: Figure = "cpuMicroseconds") {
  return defineBench({
    name,
    unit: figure === "cpuMicroseconds" ? "µs CPU/message" : "MiB RSS",
    subject: { name: "openWebSocket", measure: contender("ours", sizeBytes, figure) },
    rival: { name: "ws", version, measure: contender("ws", sizeBytes, figure) },
    note: "Over loopback, in a process of its own, which looks at nothing but the lengths. ws without compression and UTF-8 check.",
  });
}

export const small = flood("a flood of messages of 145 bytes", 145);
export const middle = flood("a flood of messages of 1,069 bytes", 1_069);
export const large = flood("a flood of messages of 20,000 bytes", 20_000);
export const memory = flood("memory during a flood of messages of 1,069 bytes", 1_069, "rssMebibytes");
