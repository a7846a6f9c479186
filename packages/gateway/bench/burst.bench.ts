import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bar, type Bench, type BenchContext, type Contender } from "@antiphon/bench";
import { burstServer, type Compression } from "./burst-server.ts";
import type { CorpusKind } from "./corpus.ts";
import type { BurstFigures } from "./measure-burst.ts";

const files = {
  ours: new URL("./burst-client.ts", import.meta.url),
  floor: new URL("./floor-client.ts", import.meta.url),
  "@discordjs/ws": new URL("./peers/discordjs-ws.ts", import.meta.url),
  "discord.js": new URL("./peers/discordjs.ts", import.meta.url),
  discordeno: new URL("./peers/discordeno.ts", import.meta.url),
  eris: new URL("./peers/eris.ts", import.meta.url),
  "oceanic.js": new URL("./peers/oceanic.ts", import.meta.url),
  seyfert: new URL("./peers/seyfert.ts", import.meta.url),
} as const;
type ClientName = keyof typeof files;
type PeerName = Exclude<ClientName, "ours" | "floor">;

/** Enough that a client is warm. */
const countOf = ({ isQuick }: BenchContext) => (isQuick ? 20_000 : 100_000);

/** One burst, as one client takes it. */
interface Run {
  readonly client: ClientName;
  readonly compression: Compression;
  readonly kind?: CorpusKind;
  readonly mode?: string;
  readonly workers?: number;
}

const known = new Map<string, BurstFigures>();

/** Runs a client in a process of its own. In a quick run, our own figure is taken once and stands in each row. */
async function take(run: Run, context: BenchContext): Promise<BurstFigures> {
  const { client, compression, kind = "messages", mode = "", workers = 0 } = run;
  const key = JSON.stringify(run);
  const before = context.isQuick && client === "ours" ? known.get(key) : undefined;
  if (before !== undefined) return before;
  const count = countOf(context);
  const url = await burstServer(kind, compression, count);
  const args = [url, compression, String(count), mode, String(workers)];
  const { output } = await measureProcess(fileURLToPath(files[client]), args);
  const figures = JSON.parse(output.trim().split("\n").at(-1) ?? "") as BurstFigures;
  known.set(key, figures);
  return figures;
}

function versionOf(name: PeerName): string {
  const path = findPackageJSON(name, import.meta.url);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}

type Figure = keyof BurstFigures;
const units: Readonly<Record<Figure, string>> = {
  cpuMicroseconds: "µs CPU/event",
  mainMicroseconds: "µs CPU/event",
  rssMebibytes: "MiB RSS",
};

function contender(name: string, run: Run, figure: Figure): Contender {
  const { client } = run;
  const version = client === "ours" || client === "floor" ? undefined : versionOf(client);
  return {
    name,
    ...(version !== undefined && { version }),
    measure: async (context) => (await take(run, context))[figure],
  };
}

interface Row {
  readonly name: string;
  readonly run: Omit<Run, "client">;
  readonly rival: Run & { readonly name: string };
  readonly figure?: Figure;
  readonly bar?: Bar;
}

function row({ name, run, rival, figure = "cpuMicroseconds", bar }: Row): Bench {
  return defineBench({
    name: `burst of 1 KB messages, ${name}`,
    unit: units[figure],
    subject: contender("createGateway", { client: "ours", ...run }, figure),
    rival: contender(rival.name, rival, figure),
    ...(bar !== undefined && { bar }),
    note: "Over loopback, in a process of its own; each message checked to be newer than the one before, and none missing.",
  });
}

const floor = (compression: Compression, mode: "count" | "parse", kind: CorpusKind = "messages") => ({
  name: `ws${compression === "none" ? "" : ", native inflate"}${mode === "parse" ? ", JSON.parse" : ""} and nothing else`,
  client: "floor" as const,
  compression,
  kind,
  mode,
});

export const plain = row({ name: "none", run: { compression: "none" }, rival: floor("none", "parse") });
export const zlib = row({
  name: "zlib-stream",
  run: { compression: "zlib-stream" },
  rival: floor("zlib-stream", "parse"),
  bar: { atMost: 8 },
});
export const zstd = row({
  name: "zstd-stream",
  run: { compression: "zstd-stream" },
  rival: floor("zstd-stream", "parse"),
  bar: { atMost: 8 },
});
export const randomText = row({
  name: "zlib-stream, random text",
  run: { compression: "zlib-stream", kind: "random text" },
  rival: floor("zlib-stream", "parse", "random text"),
});
export const unwanted = row({
  name: "none, that nobody wants",
  run: { compression: "none", mode: "unwanted" },
  rival: floor("none", "count"),
  bar: { atMost: 3.5 },
});
export const unwantedZlib = row({
  name: "zlib-stream, that nobody wants",
  run: { compression: "zlib-stream", mode: "unwanted" },
  rival: floor("zlib-stream", "count"),
});

const [zlibMemory, zstdMemory] = (["zlib-stream", "zstd-stream"] as const).map((compression) =>
  row({
    name: `${compression}, memory`,
    run: { compression },
    rival: floor(compression, "parse"),
    figure: "rssMebibytes",
    bar: { atMost: 120 },
  }),
);
export { zlibMemory, zstdMemory };

/** The same burst and a peer on its fast path, which keeps no message, or as it comes, with its cache. */
function against(peer: PeerName, compression: Compression, mode = ""): Bench {
  const name = mode === "" ? peer : `${peer} with its ${mode} cache`;
  const rival = { name, client: peer, compression, mode };
  return row({ name: `${compression}, against ${name}`, run: { compression }, rival });
}
export const discordjsWs = against("@discordjs/ws", "none");
export const discordjs = against("discord.js", "none");
export const discordeno = against("discordeno", "none");
export const eris = against("eris", "none");
export const oceanic = against("oceanic.js", "none");
export const seyfert = against("seyfert", "none");
export const discordjsWsZlib = against("@discordjs/ws", "zlib-stream");
export const discordenoZlib = against("discordeno", "zlib-stream");
export const oceanicZlib = against("oceanic.js", "zlib-stream");
export const oceanicZstd = against("oceanic.js", "zstd-stream");

// Beside these stands what a message costs with our cache, which the benchmarks of @antiphon/core tell.
export const discordjsCache = against("discord.js", "none", "default");
export const erisCache = against("eris", "none", "default");
export const oceanicCache = against("oceanic.js", "none", "default");

/** What an event costs the main thread when a worker thread reads the socket. */
function mainThread(mode: string, name: string): Bench {
  const run = { compression: "zlib-stream", mode } as const;
  const rival = { name: "createGateway", client: "ours", ...run } as const;
  return row({ name: `zlib-stream, ${name}`, run: { ...run, workers: 1 }, rival, figure: "mainMicroseconds" });
}
export const workerWanted = mainThread("", "main thread beside a worker");
export const workerUnwanted = mainThread("unwanted", "that nobody wants, main thread beside a worker");
