import { get } from "node:http";
import { createClient, createClientHealth, createErrorHandler, createPerformanceMonitor } from "@antiphon/core";

// Receives a burst with the whole client and its default cache, in a process of its own; `observed` with everything that watches it.
// Prints `{"cpuMicroseconds"}`, the CPU time of a message.
const [url = "", count = "0", mode = ""] = process.argv.slice(2);
const expected = Number(count);
const isObserved = mode === "observed";
const client = createClient({
  token: "MQ.x.y",
  intents: ["guilds", "guildMembers", "guildMessages", "messageContent"],
  api: `${url}/api`,
  compression: "none",
  ...(isObserved && { errorHandler: createErrorHandler() }),
});
if (isObserved) createClientHealth({ monitor: createPerformanceMonitor({ client, reportEveryMs: 1_000 }) });
let received = 0;
let lastId = "";
let before = process.cpuUsage();
client.on("messageCreate", ({ data: { id } }) => {
  if (id <= lastId) throw new Error(`message ${id} came after ${lastId}`);
  lastId = id;
  if (++received < expected) return;
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(JSON.stringify({ cpuMicroseconds: (user + system) / expected }), () => process.exit(0));
});
await client.connect();
get(`${url}/burst`, (response) => {
  response.resume();
  before = process.cpuUsage();
});
