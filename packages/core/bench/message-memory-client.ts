import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient } from "@antiphon/core";
import { createGateway, type OpenGatewaySocket } from "@antiphon/gateway";
import { createGuilds, createMessages, type WorldSize } from "./world.ts";

// Receives a world and a burst of messages with the whole client and its default cache, in a process of its own; prints
// `{"bytesPerMessage","cached"}`.
const [count = "0"] = process.argv.slice(2);
const expected = Number(count);
const size: WorldSize = { guilds: 100, membersPerGuild: 50, channelsPerGuild: 20, rolesPerGuild: 15 };
const url = "ws://burst.example";

/** The world's dispatches and the burst as frames. */
function createFrames(): Buffer[] {
  let sequence = 1;
  const frame = (type: string, data: string) => Buffer.from(`{"t":"${type}","s":${++sequence},"op":0,"d":${data}}`);
  const guilds = Array.from(createGuilds(size), (data) => frame("GUILD_CREATE", data));
  return [...guilds, ...Array.from(createMessages(size, expected), (data) => frame("MESSAGE_CREATE", data))];
}

const user = { id: "1", username: "bot", discriminator: "0", global_name: null, avatar: null, bot: true };
const login = { v: 10, user, guilds: [], application: { id: "1", flags: 0 }, session_id: "a", resume_gateway_url: url };
const hello = Buffer.from('{"op":10,"d":{"heartbeat_interval":41250}}');
const ready = Buffer.from(JSON.stringify({ t: "READY", s: 1, op: 0, d: login }));
const frames = createFrames();
const FRAMES_PER_TURN = 50;

/** A socket that gives a few frames in each turn, as a real one does. */
const openSocket: OpenGatewaySocket = (_url, { onMessage, onClosed }) => {
  let next = 0;
  const speak = () => {
    const end = Math.min(next + FRAMES_PER_TURN, frames.length);
    for (; next < end; next++) onMessage(frames[next] as Buffer);
    if (next < frames.length) setImmediate(speak);
  };
  setImmediate(() => onMessage(hello));
  return {
    send(text) {
      if (!text.startsWith('{"op":2')) return;
      onMessage(ready);
      setImmediate(speak);
    },
    close: () => onClosed(1000, undefined),
    abort: () => onClosed(1006, undefined),
  };
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const used = () => {
  for (let turn = 0; turn < 4; turn++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const gateway = createGateway({
  token: "token",
  intents: 33_283,
  compression: "none",
  openSocket,
  gatewayInfo: () =>
    Promise.resolve({
      url,
      shards: 1,
      session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
    }),
});
const client = createClient({
  gateway,
  rest: { request: () => Promise.reject(new Error("there is no HTTP here")) },
  intents: ["guilds", "guildMembers", "guildMessages", "messageContent"],
});
let received = 0;
let usedBefore = 0;
const done = new Promise<void>((resolve) => {
  client.on("messageCreate", () => {
    received++;
    if (received === 1) usedBefore = used();
    if (received === expected) resolve();
  });
});
await client.connect();
await done;
const { kinds } = client.cache.stats();
const bytesPerMessage = (used() - usedBefore) / kinds.messages.items;
console.log(JSON.stringify({ bytesPerMessage, cached: kinds.messages.items }));
await client.close();
await gateway.close();
