// Points an ordinary discord.js bot at a simulated Discord and breaks things: the connection drops while somebody writes, and the
// HTTP API fails. What the bot had to put up with, and whether it kept the rules, can be read off afterwards.
// Here: `npx node --conditions=@antiphon/source packages/sim/examples/discordjs-through-faults.ts`; in a project of your own:
// `node discordjs-through-faults.ts`.
import { once } from "node:events";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { waitFor } from "@antiphon/std";
import { Client, Events, GatewayIntentBits } from "discord.js";

await using discord = await startDiscordSimulator();
const { world } = discord;
const bot = world.addApplication({ name: "Parrot" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Aviary", ownerId: ada.id });
const channel = world.addChannel(guild.id, { name: "perch", type: "text" });
world.addMember(guild.id, bot.botUserId);

// The only line that differs from a bot in production is `rest.api`: the gateway's address comes from there, too.
const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
const client = new Client({ intents: [Guilds, GuildMessages, MessageContent], rest: { api: discord.apiUrl } });
client.on(Events.MessageCreate, (message) => {
  if (!message.author.bot) void message.reply(`${message.content}, ${message.content}!`);
});
const ready = once(client, Events.ClientReady);
await client.login(bot.token);
await ready;

/** Ada says something; resolves with what the bot made of it. */
async function say(content: string): Promise<string> {
  const answered = waitFor(world, "messageCreate", { filter: ({ message }) => message.author.id === bot.botUserId });
  world.sendMessage({ channelId: channel.id, authorId: ada.id, content });
  return (await answered).message.content;
}

console.log(await say("hello"));

// A network that goes away says nothing. The session stays good, so what is said meanwhile must come after the resume.
const resumed = once(client, Events.ShardResume);
console.log(`${world.dropConnections()} connection cut`);
const late = say("are you there");
await resumed;
console.log(await late);

// One answer of the API is a bad gateway's; discord.js is expected to try again by itself.
world.failRequests({ status: 502, match: "/messages" });
console.log(await say("once more"));

await client.destroy();

const refused = discord.transcript.entries.filter((entry) => entry.type === "response" && entry.status >= 500).length;
console.log(`${refused} request failed; rules broken: ${discord.transcript.problems.join("; ") || "none"}`);
