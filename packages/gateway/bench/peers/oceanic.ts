import { Client } from "oceanic.js";
import { measureBurst } from "../measure-burst.ts";

// oceanic.js, as it comes with `default`, and otherwise with a cache that keeps no message.
const [url = "", compression = "none", count = "0", cache = ""] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
const client = new Client({
  auth: "Bot MQ.x.y",
  rest: { baseURL: `${url}/api/v10` },
  gateway: {
    intents: 33_283,
    ...(compression === "none"
      ? {}
      : { compress: compression as "zlib-stream" | "zstd-stream", compressLibrary: "native" as const }),
  },
  ...(cache === "default" ? {} : { collectionLimits: { messages: 0 } }),
});
client.on("error", (error) => {
  throw error instanceof Error ? error : new Error(error);
});
client.on("messageCreate", ({ id }) => burst.message(id));
client.once("ready", () => burst.start());
await client.connect();
