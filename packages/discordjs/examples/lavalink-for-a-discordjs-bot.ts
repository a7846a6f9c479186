// An existing discord.js bot gets music from Lavalink with one line: `fromDiscordJs(client).voiceSignaling`. Its own handlers, its
// intents, its login stay as they are.
// Here: `npx node --conditions=@antiphon/source packages/discordjs/examples/lavalink-for-a-discordjs-bot.ts`; in a project of your own:
// `node lavalink-for-a-discordjs-bot.ts`.
import { once } from "node:events";
import { Client, Events, GatewayIntentBits } from "discord.js";
import { fromDiscordJs } from "@antiphon/discordjs";
import { createLavalink, tracksOf } from "@antiphon/lavalink";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startLavalinkSimulator } from "@antiphon/sim/lavalink";
import { waitFor } from "@antiphon/std";

// A node that plays time instead of audio, and a Discord whose voice servers nobody needs: the node would connect to them.
await using node = await startLavalinkSimulator();
const voice = { endpoint: "127.0.0.1:443", allocate: () => ({ token: "token" }), release: () => {} };
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const { botUserId, token } = world.addApplication({ name: "Jukebox" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Choir", ownerId: ada.id });
const text = world.addChannel(guild.id, { name: "general", type: "text" });
const loft = world.addChannel(guild.id, { name: "Loft", type: "voice" });
world.addMember(guild.id, botUserId);
world.joinVoice({ guildId: guild.id, channelId: loft.id, userId: ada.id });

// The bot as it was.
const { Guilds, GuildMessages, GuildVoiceStates, MessageContent } = GatewayIntentBits;
const client = new Client({
  intents: [Guilds, GuildMessages, GuildVoiceStates, MessageContent],
  rest: { api: discord.apiUrl },
});

// The new line. It has to come before the login, because it listens to what comes first.
const { voiceSignaling } = fromDiscordJs(client);

const ready = once(client, Events.ClientReady);
await client.login(token);
await ready;

const { host, port, password } = node;
await using lavalink = createLavalink({ nodes: [{ host, port, password }], signaling: voiceSignaling });
await lavalink.connect();

client.on(
  Events.MessageCreate,
  (message) => void answer(message).catch((error: Error) => message.reply(error.message)),
);
async function answer(message: Parameters<Parameters<typeof client.on<Events.MessageCreate>>[1]>[0]): Promise<void> {
  const channelId = message.member?.voice.channelId;
  if (!message.content.startsWith("!play ") || !message.inGuild()) return;
  if (channelId === null || channelId === undefined) throw new Error("join a voice channel first");
  const [track] = tracksOf(await lavalink.search(message.content.slice("!play ".length)));
  if (track === undefined) throw new Error("nothing found");
  const player = await lavalink.join({ guildId: message.guildId, channelId });
  await player.play(track);
  await message.reply(`now playing ${track.info.title}`);
}

const started = waitFor(lavalink, "trackStart");
const answered = waitFor(world, "messageCreate", { filter: ({ message }) => message.author.id === botUserId });
world.sendMessage({ channelId: text.id, authorId: ada.id, content: "!play harbour lights" });
console.log(`the bot says: ${(await answered).message.content}`);
console.log(`the node plays: ${(await started).track.info.title}`);
console.log(`discord.js sees itself in voice: ${client.guilds.cache.get(guild.id)?.members.me?.voice.channel?.name}`);

await lavalink.close();
await client.destroy();
