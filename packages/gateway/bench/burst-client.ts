import { createGateway, type GatewayOptions } from "../src/index.ts";
import { measureBurst } from "./measure-burst.ts";

// Receives a burst: `unwanted` looks at none of it, `stream` inflates with node:zlib's stream.
const [url = "", compression = "none", count = "0", mode = "", workers = "0"] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
const gateway = createGateway({
  token: "token",
  intents: 0,
  compression: compression as NonNullable<GatewayOptions["compression"]>,
  streamInflate: mode === "stream",
  workers: Number(workers),
  gatewayInfo: () =>
    Promise.resolve({
      url: url.replace("http", "ws"),
      shards: 1,
      session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
    }),
});
if (mode === "unwanted") {
  gateway.subscribe(() => burst.start(), { wants: (type) => type === "GUILD_CREATE" });
  // Nobody looks into the events, so only their count tells that all have come.
  setInterval(() => burst.count(gateway.getStats().shards[0]?.undecodedDispatches ?? 0), 5);
} else {
  gateway.subscribe(({ type, data }) => {
    if (type === "MESSAGE_CREATE") burst.message((data as { readonly id: string }).id);
    else if (type === "GUILD_CREATE") burst.start();
  });
}
await gateway.connect();
