import { Agent } from "node:http";
import { connect } from "node:net";
import { Client } from "eris";
import { measureBurst } from "../measure-burst.ts";

// eris, as it comes with `default`, and otherwise with a cache that keeps no message. It inflates with packages that are not maintained.
const [url = "", , count = "0", cache = ""] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
/** An agent by which it, who knows HTTPS alone, speaks HTTP. */
const agent = Object.assign(new Agent({ keepAlive: true }), {
  protocol: "https:",
  createConnection: () => connect(Number(new URL(url).port), "127.0.0.1"),
});
const client = new Client("Bot MQ.x.y", {
  intents: [33_283],
  // By its type an agent speaks HTTPS.
  rest: { domain: "127.0.0.1", agent: agent as never },
  ...(cache === "default" ? {} : { messageLimit: 0 }),
});
client.on("error", (error) => {
  throw error;
});
client.on("messageCreate", ({ id }) => burst.message(id));
client.once("ready", () => burst.start());
await client.connect();
