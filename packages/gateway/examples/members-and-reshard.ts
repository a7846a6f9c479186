// Asks for a guild's members chunk by chunk, finds some of them by name, and then splits one shard into two while people go on talking.
// Here: `npx node --conditions=@antiphon/source packages/gateway/examples/members-and-reshard.ts`; in a project of your own:
// `node members-and-reshard.ts`.
import { createGateway } from "@antiphon/gateway";
import { shardIdOf, type GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { waitFor } from "@antiphon/std";

await using discord = await startDiscordSimulator({ identify: { maxConcurrency: 4, windowMs: 0 } });
const { world } = discord;
const bot = world.addApplication({ name: "Registrar" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "University", ownerId: ada.id });
const channel = world.addChannel(guild.id, { name: "hall", type: "text" });
world.addMember(guild.id, bot.botUserId);
for (let index = 0; index < 1_500; index++) {
  const student = world.addUser({ username: `student${String(index).padStart(4, "0")}` });
  world.addMember(guild.id, student.id);
}

const intents = (1 << 0) | (1 << 1) | (1 << 9) | (1 << 15); // GUILDS, GUILD_MEMBERS, GUILD_MESSAGES, MESSAGE_CONTENT
await using gateway = createGateway({
  token: bot.token,
  intents,
  gatewayInfo: async () => {
    const answer = await fetch(`${discord.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${bot.token}` } });
    return (await answer.json()) as GatewayInfo;
  },
});
const heard: string[] = [];
gateway.subscribe(
  ({ data, shardId }) => void heard.push(`${(data as { readonly content: string }).content} (shard ${shardId})`),
  {
    wants: (type) => type === "MESSAGE_CREATE",
  },
);
await gateway.connect();

// A large guild comes in pieces of a thousand; reading them one by one keeps memory small.
for await (const { members, index, count } of gateway.requestMembers(guild.id))
  console.log(`chunk ${index + 1} of ${count}: ${members.length} members`);

const named = await gateway.requestMembers(guild.id, { query: "student000", limit: 3 }).all();
console.log(`by name: ${named.map(({ user }) => user["username"]).join(", ")}`);
// Somebody who is not there is said to be not there, rather than left out.
for await (const { members, notFound } of gateway.requestMembers(guild.id, { userIds: [ada.id, "1"] }))
  console.log(`by id: ${members.length} found, ${notFound.length} not`);

const say = (content: string) => world.sendMessage({ channelId: channel.id, authorId: ada.id, content });
say("before");
const resharded = waitFor(gateway, "resharded");
const resharding = gateway.reshard({ shardCount: 2 });
say("meanwhile");
await resharding;
const { from, to } = await resharded;
console.log(`${from} shard became ${to}; the guild lives on shard ${shardIdOf(guild.id, 2)} now`);

const last = new Promise<void>((resolve) => {
  gateway.subscribe(({ data }) => (data as { readonly content: string }).content === "after" && resolve(), {
    wants: (type) => type === "MESSAGE_CREATE",
  });
});
say("after");
await last;
console.log(heard.map((line) => line.split(" ")[0]).join(", "));
