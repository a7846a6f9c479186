import http from "node:http";
import https from "node:https";
import seyfert, { type Message } from "seyfert";
import { measureBurst } from "../measure-burst.ts";

// seyfert without its cache. It has no compression of the transport.
const { ApiHandler, Client } = seyfert;
const [url = "", , count = "0"] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
const port = Number(new URL(url).port);
// Its socket knows HTTPS alone and drops the port of an address.
https.request = ((options: http.RequestOptions, ...rest: []) =>
  http.request({ ...options, hostname: "127.0.0.1", port }, ...rest)) as typeof https.request;
const client = new Client({
  getRC: () => ({ token: "MQ.x.y", intents: 33_283, locations: { base: "." }, debug: false }),
});
client.setServices({
  rest: new ApiHandler({ token: "MQ.x.y", domain: url }),
  cache: { disabledCache: true },
});
client.events.set([
  { data: { name: "botReady", once: true }, run: () => burst.start() },
  { data: { name: "messageCreate", once: false }, run: ({ id }: Message) => burst.message(id) },
]);
await client.start({}, false);
await client.gateway.spawnShards();
