import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bench, type BenchContext, type Contender } from "@antiphon/bench";
import { systemClock } from "@antiphon/std";
import { createDispatchRecorder } from "../src/monitoring/client-stats.ts";
import { installClosureBytes } from "./install-closure.ts";
import { startWorldServer } from "./world-server.ts";

const cachedClient = fileURLToPath(new URL("./cached-client.ts", import.meta.url));
const memoryClient = fileURLToPath(new URL("./memory-client.ts", import.meta.url));
const messageMemoryClient = fileURLToPath(new URL("./message-memory-client.ts", import.meta.url));
const countOf = ({ isQuick }: BenchContext) => (isQuick ? 40_000 : 100_000);

let url: Promise<string> | undefined;

/** A burst into the default cache, in a process of its own. */
const cached = (mode = ""): Contender => ({
  name: mode === "" ? "createClient" : `createClient, ${mode}`,
  async measure(context) {
    url ??= startWorldServer(countOf(context));
    const { output } = await measureProcess(cachedClient, [await url, String(countOf(context)), mode]);
    return (JSON.parse(output) as { readonly cpuMicroseconds: number }).cpuMicroseconds;
  },
});

export const cpu = defineBench({
  name: "messages of 1 KB into the default cache, CPU",
  unit: "µs CPU/message",
  subject: cached(),
  bar: { atMost: 12 },
  note: "From the socket, over loopback and uncompressed, to a listener of messageCreate; 100 guilds, 2,000 channels.",
});

export const memory = defineBench({
  name: "messages of 1 KB in the default cache, memory",
  unit: "bytes/message",
  subject: {
    name: "createClient",
    async measure(context) {
      const { output } = await measureProcess(messageMemoryClient, [String(countOf(context))]);
      return (JSON.parse(output) as { readonly bytesPerMessage: number }).bytesPerMessage;
    },
  },
  bar: { atMost: 512 },
  note: "100 guilds, 2,000 channels, 20,000 messages stay; heap and buffers.",
});

function world(storage: "default" | "packed", atMost: number): Bench {
  return defineBench({
    name: `500 guilds, 100,000 members, ${storage} storage`,
    unit: "MiB",
    subject: {
      name: "createClient's cache",
      async measure() {
        const { output } = await measureProcess(memoryClient, [storage]);
        return (JSON.parse(output) as { readonly mebibytes: number }).mebibytes;
      },
    },
    bar: { atMost },
    note: "Heap and buffers, in a process of its own; 15,000 channels and 12,500 roles besides, every member a user.",
  });
}

export const members = world("default", 45);
export const packed = world("packed", 15);

const EVENTS = 10_000;
const recorder = createDispatchRecorder();

export const observation = defineBench({
  name: "what the client counts and times of each event",
  unit: "µs CPU/op",
  subject: {
    name: "two looks at the clock, one record",
    operationsPerRun: EVENTS,
    run() {
      for (let event = 0; event < EVENTS; event++) {
        const startedMs = systemClock.monotonicMs();
        recorder.record("MESSAGE_CREATE", systemClock.monotonicMs() - startedMs);
      }
    },
  },
  bar: { atMost: 0.24 },
  note: "2 % of the 12 µs that a cached message may cost.",
});

export const observed = defineBench({
  name: "messages of 1 KB into the default cache, with error handler, monitor and health",
  unit: "µs CPU/message",
  subject: cached("observed"),
  rival: cached(),
  note: "What differs is what reading the counters once a second costs; the counting itself is in both.",
});

export const closure = defineBench({
  name: "installation of @antiphon/core with all that it depends on",
  unit: "MB",
  subject: {
    name: "@antiphon/core",
    measure: () => installClosureBytes(fileURLToPath(new URL("../package.json", import.meta.url))) / 1e6,
  },
  bar: { atMost: 12 },
  note: "The packages of the workspace as their tarballs have them, once built.",
});
