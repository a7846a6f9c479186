import { createGateway, type GatewayOptions } from "../src/index.ts";

// Receives a burst in a process of its own and prints what it cost: `{"cpuMicroseconds","rssBytes"}`.
const [url = "", compression = "none", count = "0", mode = ""] = process.argv.slice(2);
const gateway = createGateway({
  token: "token",
  intents: 0,
  compression: compression as NonNullable<GatewayOptions["compression"]>,
  streamInflate: mode === "stream",
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
const done = new Promise<void>((resolve) => {
  if (mode === "unwanted") {
    // Nobody looks into the events, so only their count tells that all have come.
    gateway.subscribe(() => (before = process.cpuUsage()), { wants: (type) => type === "READY" });
    const look = setInterval(() => {
      received = gateway.getStats().shards[0]?.undecodedDispatches ?? 0;
      if (received < expected) return;
      clearInterval(look);
      resolve();
    }, 5);
    return;
  }
  gateway.subscribe(({ type, sequence }) => {
    if (type === "READY") before = process.cpuUsage();
    else if (sequence !== received + 2) throw new Error(`event ${sequence} came after ${received + 1}`);
    else if (++received === expected) resolve();
  });
});
await gateway.connect();
await done;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuMicroseconds: (user + system) / expected, rssBytes: process.memoryUsage.rss() }));
await gateway.close();
