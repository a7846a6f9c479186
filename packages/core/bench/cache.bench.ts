import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type Bench, type BenchContext } from "@antiphon/bench";

const cachedClient = fileURLToPath(new URL("./cached-client.ts", import.meta.url));
const memoryClient = fileURLToPath(new URL("./memory-client.ts", import.meta.url));
const countOf = ({ isQuick }: BenchContext) => (isQuick ? 40_000 : 100_000);

function cached(figure: "cpuMicroseconds" | "bytesPerMessage", unit: string, atMost: number): Bench {
  return defineBench({
    name: `messages of 1 KB into the default cache, ${figure === "cpuMicroseconds" ? "CPU" : "memory"}`,
    unit,
    subject: {
      name: "createClient",
      async measure(context) {
        const { output } = await measureProcess(cachedClient, [String(countOf(context))]);
        return (JSON.parse(output) as Readonly<Record<typeof figure, number>>)[figure];
      },
    },
    bar: { atMost },
    note: "From the frame to a listener of messageCreate, in a process of its own; a socket costs 3 µs more. 100 guilds, 2,000 channels, 20,000 messages stay.",
  });
}

export const cpu = cached("cpuMicroseconds", "µs CPU/message", 9);
export const memory = cached("bytesPerMessage", "bytes/message", 512);

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
