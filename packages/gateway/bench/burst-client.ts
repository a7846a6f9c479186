import { createGateway, type GatewayOptions } from "../src/index.ts";

// Receives a burst in a process of its own and prints what it cost, the latter in the main thread alone:
// `{"cpuMicroseconds","rssBytes","mainMicroseconds"}`.
const [url = "", compression = "none", count = "0", mode = "", workers = "0"] = process.argv.slice(2);
const gateway = createGateway({
  token: "token",
  intents: 0,
  compression: compression as NonNullable<GatewayOptions["compression"]>,
  streamInflate: mode === "stream",
  workers: Number(workers),
  gatewayInfo: () =>
    Promise.resolve({
      url,
      shards: 1,
      session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
    }),
});
const expected = Number(count);
let received = 0;
let before = process.cpuUsage();
let mainBefore = process.threadCpuUsage();
const begin = () => {
  before = process.cpuUsage();
  mainBefore = process.threadCpuUsage();
};
const done = new Promise<void>((resolve) => {
  if (mode === "unwanted") {
    // Nobody looks into the events, so only their count tells that all have come.
    gateway.subscribe(begin, { wants: (type) => type === "READY" });
    const look = setInterval(() => {
      received = gateway.getStats().shards[0]?.undecodedDispatches ?? 0;
      if (received < expected) return;
      clearInterval(look);
      resolve();
    }, 5);
    return;
  }
  gateway.subscribe(({ type, sequence }) => {
    if (type === "READY") begin();
    else if (sequence !== received + 2) throw new Error(`event ${sequence} came after ${received + 1}`);
    else if (++received === expected) resolve();
  });
});
await gateway.connect();
await done;
const { user, system } = process.cpuUsage(before);
const main = process.threadCpuUsage(mainBefore);
const mainMicroseconds = (main.user + main.system) / expected;
const rssBytes = process.memoryUsage.rss();
console.log(JSON.stringify({ cpuMicroseconds: (user + system) / expected, rssBytes, mainMicroseconds }));
await gateway.close();
