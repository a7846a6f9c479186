// Reads, inflates and filters in a worker thread, so that a busy main thread does not slow the connection down, and parses only the
// events that somebody wants.
// Here: `npx node --conditions=@antiphon/source packages/gateway/examples/workers.ts`; in a project of your own: `node workers.ts`.
import { createGateway } from "@antiphon/gateway";
import type { GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator } from "@antiphon/sim/discord";

await using discord = await startDiscordSimulator();
const { world } = discord;
const bot = world.addApplication({ name: "Counter" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Square", ownerId: ada.id });
world.addMember(guild.id, bot.botUserId);
const channel = world.addChannel(guild.id, { name: "crowd", type: "text" });

await using gateway = createGateway({
  token: bot.token,
  intents: (1 << 0) | (1 << 9) | (1 << 11) | (1 << 15), // GUILDS, GUILD_MESSAGES, GUILD_MESSAGE_TYPING, MESSAGE_CONTENT
  workers: 1,
  compression: "zstd-stream",
  gatewayInfo: async () => {
    const answer = await fetch(`${discord.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${bot.token}` } });
    return (await answer.json()) as GatewayInfo;
  },
});
let messages = 0;
const done = new Promise<void>((resolve) => {
  gateway.subscribe(() => ++messages === 500 && resolve(), { wants: (type) => type === "MESSAGE_CREATE" });
});
await gateway.connect();

// Half of what comes is somebody typing, which nobody here asked for.
for (let index = 0; index < 500; index++) {
  world.startTyping({ channelId: channel.id, userId: ada.id });
  world.sendMessage({
    channelId: channel.id,
    authorId: ada.id,
    content: `message ${index} ${"and so on ".repeat(20)}`,
  });
}
// The main thread is busy; the worker goes on reading.
const busyUntilMs = performance.now() + 300;
while (performance.now() < busyUntilMs);
await done;

const { shards } = gateway.getStats();
for (const { receivedBytes, undecodedDispatches, malformedFrames } of shards) {
  console.log(
    `${messages} messages; ${undecodedDispatches >= 500 ? "everything" : "not everything"} else was never parsed`,
  );
  console.log(`${malformedFrames} malformed frames in ${receivedBytes > 0 ? "what came compressed" : "nothing"}`);
}

// A thread that dies is replaced, and its shards resume: `resumed` tells. Closing ends it.
await gateway.close();
console.log(`closed: ${(await gateway.closed).kind}`);
