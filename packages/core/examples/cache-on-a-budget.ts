// A cache that stays within a budget: some fields of some kinds, packed outside of the heap, with limits that give way in a known order.
// What it holds, and what it lost, are numbers.
// Here: `npx node --conditions=@antiphon/source packages/core/examples/cache-on-a-budget.ts`; in a project of your own:
// `node cache-on-a-budget.ts`.
import { createClient } from "@antiphon/core";
import { startDiscordSimulator } from "@antiphon/sim/discord";

await using discord = await startDiscordSimulator();
const { world } = discord;
const { botUserId, token } = world.addApplication({ name: "Frugal" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Talkers", ownerId: ada.id });
const channels = ["one", "two"].map((name) => world.addChannel(guild.id, { name, type: "text" }));
world.addMember(guild.id, botUserId);

await using client = createClient({
  token,
  intents: ["guilds", "guildMessages", "messageContent"],
  api: discord.apiUrl,
  cache: {
    limits: { messages: 100, messagesPerChannel: 80, users: 50 },
    fields: { messages: ["content", "channel_id"] }, // the types of what is read follow: `message.embeds` does not compile
    ttlMs: { messages: 3_600_000 },
  },
});
await client.connect();

const last = client.waitFor("messageCreate", ({ data }) => data.content === "the end");
for (let index = 0; index < 300; index++) {
  const channelId = channels[index % 2]?.id ?? "";
  world.sendMessage({ channelId, authorId: ada.id, content: `message ${index} ${"and so on ".repeat(10)}` });
}
world.sendMessage({ channelId: channels[0]?.id ?? "", authorId: ada.id, content: "the end" });
await last;

function tell(when: string): void {
  const { items, sizeBytes, kinds } = client.cache.stats();
  const { items: messages, evictions } = kinds.messages;
  console.log(
    `${when}: ${items} things in about ${Math.ceil(sizeBytes / 1024)} KiB; ${messages} messages, ${evictions} gave way`,
  );
}
tell("after three hundred messages");

// The newest of a channel, newest first. Each read makes a new object, because what is packed is bytes.
const recent = client.cache.messages.recent(channels[0]?.id ?? "", 2);
console.log(recent.map(({ content }) => content.slice(0, 11)).join(" | "));

// A host that runs out of memory may ask for less at any time.
client.cache.setLimits({ messages: 10 });
tell("with room for ten messages");

const known = client.cache.guilds.get(guild.id);
console.log(`the guild is still known: ${known?.name}; its channels: ${client.cache.channels.in(guild.id).length}`);
