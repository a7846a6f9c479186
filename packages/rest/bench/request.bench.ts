import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { defineBench, measureProcess, type BenchContext, type Contender } from "@antiphon/bench";

const client = fileURLToPath(new URL("./request-client.ts", import.meta.url));
let server: Server | undefined;
let origin = "";

const measure = async ({ isQuick }: BenchContext, mode: string) => {
  const { output } = await measureProcess(client, [origin, mode, isQuick ? "5000" : "20000"]);
  return Number(output);
};

const answer = JSON.stringify({ id: "1400000000000000000", content: "x", author: { id: "1", username: "bot" } });
const headers = {
  "content-type": "application/json",
  "x-ratelimit-bucket": "80c17d2f203122d936070c88c8d10f33",
  "x-ratelimit-limit": "1000000",
  "x-ratelimit-remaining": "999999",
  "x-ratelimit-reset-after": "1.000",
};

const setup = async () => {
  const own = createServer((incoming, response) => {
    incoming.resume().on("end", () => response.writeHead(200, headers).end(answer));
  });
  server = own;
  await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
};
const teardown = () => {
  server?.closeAllConnections();
  server?.close();
};

const subject: Contender = { name: "createRest", measure: (context) => measure(context, "rest") };
const note = "64 at a time, in a process of its own, against an HTTP server on loopback.";
export const request = defineBench({
  name: "POST over 100 channels, no limit in the way",
  unit: "µs CPU/request",
  subject,
  rival: { name: "undici Pool", measure: (context) => measure(context, "undici") },
  bar: { atMostTimesRival: 1.1 },
  setup,
  teardown,
  note,
});
export const requestPeer = defineBench({
  name: "POST over 100 channels, no limit in the way, beside a peer",
  unit: "µs CPU/request",
  subject,
  rival: { name: "@discordjs/rest", version: "2.6.3", measure: (context) => measure(context, "discordjs") },
  bar: { atMostTimesRival: 1 },
  setup,
  teardown,
  note,
});
