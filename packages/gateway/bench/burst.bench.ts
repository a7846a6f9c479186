import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bench, type BenchContext, type Contender } from "@antiphon/bench";
import { createMessages, startBurstServer, type BurstServer } from "./burst-server.ts";

const client = fileURLToPath(new URL("./burst-client.ts", import.meta.url));
const floor = fileURLToPath(new URL("./floor-client.ts", import.meta.url));
const PEER_VERSION = "2.0.4";
const peer = fileURLToPath(new URL("./discordjs-client.ts", import.meta.url));
const countOf = ({ isQuick }: BenchContext) => (isQuick ? 20_000 : 100_000);

type Compression = "none" | "zlib-stream" | "zstd-stream";

/** What runs in the same rounds: the bare socket where nothing is compressed, and else @discordjs/ws. */
function rivalOf(compression: Compression, figure: "cpuMicroseconds" | "rssBytes", url: () => string): Contender {
  const isPeer = compression === "zlib-stream";
  const [file, name] = isPeer ? [peer, "@discordjs/ws"] : [client, "ours with node:zlib's stream"];
  return {
    name: compression === "none" ? "bare ws and JSON.parse" : name,
    ...(isPeer && { version: PEER_VERSION }),
    async measure(context) {
      const count = String(countOf(context));
      const args = compression === "none" ? [url(), count, "parse"] : [url(), compression, count, "stream"];
      const { output } = await measureProcess(compression === "none" ? floor : file, args);
      const result = JSON.parse(output) as Readonly<Record<typeof figure, number>>;
      return figure === "rssBytes" ? result.rssBytes / 1024 / 1024 : result.cpuMicroseconds;
    },
  };
}

/** The cost of one event of 1 KB from the socket to a subscriber, in a process of its own. */
function burst(compression: Compression, figure: "cpuMicroseconds" | "rssBytes"): Bench {
  let server: BurstServer | undefined;
  const measure = async (context: BenchContext, mode: string) => {
    const url = server?.url ?? "";
    const { output } = await measureProcess(client, [url, compression, String(countOf(context)), mode]);
    const result = JSON.parse(output) as Readonly<Record<typeof figure, number>>;
    return figure === "rssBytes" ? result.rssBytes / 1024 / 1024 : result.cpuMicroseconds;
  };
  const isCpu = figure === "cpuMicroseconds";
  return defineBench({
    name: `burst of 1 KB events, ${compression}, ${isCpu ? "CPU" : "memory"}`,
    unit: isCpu ? "µs CPU/event" : "MiB RSS",
    subject: { name: "createGateway", measure: (context) => measure(context, "") },
    rival: rivalOf(compression, figure, () => server?.url ?? ""),
    ...(compression === "none" ? {} : { bar: { atMost: isCpu ? 8 : 120 } }),
    setup: async (context) => {
      server = await startBurstServer(compression === "none" ? null : compression, createMessages(countOf(context)));
    },
    teardown: () => server?.close(),
    note: "Received over loopback in a process of its own; every event checked for its order.",
  });
}

export const plain = burst("none", "cpuMicroseconds");

/** The cost of an event that nobody wants: its payload is not parsed. */
export const unwanted = ((): Bench => {
  let server: BurstServer | undefined;
  const measure = async (context: BenchContext, mode: string) => {
    const { output } = await measureProcess(client, [server?.url ?? "", "none", String(countOf(context)), mode]);
    return (JSON.parse(output) as { readonly cpuMicroseconds: number }).cpuMicroseconds;
  };
  return defineBench({
    name: "burst of 1 KB events that nobody wants, CPU",
    unit: "µs CPU/event",
    subject: { name: "createGateway", measure: (context) => measure(context, "unwanted") },
    rival: {
      name: "bare ws, messages counted",
      async measure(context) {
        const { output } = await measureProcess(floor, [server?.url ?? "", String(countOf(context)), "count"]);
        return (JSON.parse(output) as { readonly cpuMicroseconds: number }).cpuMicroseconds;
      },
    },
    bar: { atMost: 3.5 },
    setup: async (context) => {
      server = await startBurstServer(null, createMessages(countOf(context)));
    },
    teardown: () => server?.close(),
    note: "Received over loopback in a process of its own, uncompressed.",
  });
})();
export const zlib = burst("zlib-stream", "cpuMicroseconds");
export const zstd = burst("zstd-stream", "cpuMicroseconds");
export const zlibMemory = burst("zlib-stream", "rssBytes");

/** What an event costs the main thread when a worker thread reads the socket. */
function mainThread(mode: "" | "unwanted"): Bench {
  let server: BurstServer | undefined;
  const measure = async (context: BenchContext, workers: string) => {
    const args = [server?.url ?? "", "zlib-stream", String(countOf(context)), mode, workers];
    const { output } = await measureProcess(client, args);
    return (JSON.parse(output) as { readonly mainMicroseconds: number }).mainMicroseconds;
  };
  return defineBench({
    name: `burst of 1 KB events${mode === "" ? "" : " that nobody wants"}, zlib-stream, CPU of the main thread`,
    unit: "µs CPU/event",
    subject: { name: "createGateway with a worker", measure: (context) => measure(context, "1") },
    rival: { name: "createGateway", measure: (context) => measure(context, "0") },
    setup: async (context) => {
      server = await startBurstServer("zlib-stream", createMessages(countOf(context)));
    },
    teardown: () => server?.close(),
    note: "Received over loopback, without encryption, in a process of its own.",
  });
}
export const workerWanted = mainThread("");
export const workerUnwanted = mainThread("unwanted");
