import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  Events,
  GatewayIntentBits,
  SlashCommandBuilder,
  type ChatInputCommandInteraction,
  type Interaction,
  type Message,
} from "discord.js";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";

/** Unmodified discord.js against the simulator: what keeps the simulator honest. */

let simulator: DiscordSimulator;
let client: Client;
let ids: { guildId: string; channelId: string; userId: string; applicationId: string };

beforeEach(async () => {
  simulator = await startDiscordSimulator();
  const { world } = simulator;
  const application = world.addApplication({ name: "Jukebox" });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: user.id });
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  world.addChannel(guild.id, { name: "Music", type: "voice" });
  world.addMember(guild.id, application.botUserId);
  ids = { guildId: guild.id, channelId: channel.id, userId: user.id, applicationId: application.applicationId };
  client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.MessageContent,
      GatewayIntentBits.GuildVoiceStates,
    ],
    rest: { api: simulator.apiUrl },
  });
  const ready = once(client, Events.ClientReady);
  await client.login(application.token);
  await ready;
});

afterEach(async () => {
  await client.destroy();
  await simulator.close();
});

/** The next interaction that is a slash command. */
async function nextCommand(): Promise<ChatInputCommandInteraction> {
  const [interaction] = (await once(client, Events.InteractionCreate)) as [Interaction];
  if (!interaction.isChatInputCommand()) throw new Error(`expected a slash command, got type ${interaction.type}`);
  return interaction;
}

async function register() {
  const play = new SlashCommandBuilder()
    .setName("play")
    .setDescription("Plays a song")
    .addStringOption((option) =>
      option.setName("query").setDescription("What to play").setRequired(true).setAutocomplete(true),
    )
    .addUserOption((option) => option.setName("for").setDescription("For whom"));
  await client.application?.commands.set([play], ids.guildId);
}

test("logs in and sees the guild", () => {
  const guild = client.guilds.cache.get(ids.guildId);
  expect(client.user?.username).toBe("Jukebox");
  expect(guild?.name).toBe("Antiphon");
  expect(guild?.memberCount).toBe(2);
  expect(guild?.channels.cache.map((channel) => channel.name)).toEqual(["general", "Music"]);
  expect(guild?.members.me?.permissions.has("Connect")).toBe(true);
  expect(client.application?.id).toBe(ids.applicationId);
  expect(simulator.transcript.problems).toEqual([]);
});

test("receives messages with content and replies", async () => {
  const received = once(client, Events.MessageCreate);
  const sent = simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content: "hello <@1>" });
  const [message] = (await received) as [Message];
  expect(message.content).toBe("hello <@1>");
  expect(message.author.username).toBe("ada");
  expect(message.member?.id).toBe(ids.userId);

  await message.react("👍");
  const reply = await message.reply({
    content: "hi",
    files: [{ attachment: Buffer.from("la la la"), name: "song.txt" }],
  });
  expect(reply.reference?.messageId).toBe(sent.id);
  const [, stored] = simulator.world.messages(ids.channelId);
  expect(stored?.mentions.map(({ username }) => username)).toEqual(["ada"]);
  const attachment = await fetch(reply.attachments.first()?.url ?? "");
  expect(await attachment.text()).toBe("la la la");
  expect(simulator.world.messages(ids.channelId)[0]?.reactions?.[0]).toMatchObject({ count: 1, emoji: { name: "👍" } });

  const edited = await reply.edit("hello");
  expect(edited.content).toBe("hello");
  await reply.delete();
  expect(simulator.world.messages(ids.channelId)).toHaveLength(1);
  expect(simulator.transcript.problems).toEqual([]);
});

test("registers commands, defers an answer and edits it", async () => {
  await register();
  const [command] = simulator.world.commandsOf(ids.applicationId, ids.guildId);
  expect(command).toMatchObject({ name: "play", options: [{ name: "query", autocomplete: true }, { name: "for" }] });

  const received = nextCommand();
  const invoked = simulator.world.invokeCommand({
    ...ids,
    name: "play",
    options: { query: "Spiegel im Spiegel", for: ids.userId },
  });
  const interaction = await received;
  expect(interaction.options.getString("query", true)).toBe("Spiegel im Spiegel");
  expect(interaction.options.getUser("for", true).username).toBe("ada");
  expect(interaction.inCachedGuild()).toBe(true);
  await interaction.deferReply();
  const result = await invoked;
  expect(result).toMatchObject({ outcome: "deferred", thinking: true, ephemeral: false });

  const completed = result.completed();
  await interaction.editReply({ embeds: [{ title: "Now playing" }] });
  expect(await completed).toMatchObject({ embeds: [{ title: "Now playing", type: "rich" }], flags: 0 });
  expect(result.thinking).toBe(false);
  const fetched = await interaction.fetchReply();
  expect(fetched.embeds[0]?.title).toBe("Now playing");
  expect(fetched.interaction?.commandName).toBe("play");
});

test("answers at once and follows up, for one person only", async () => {
  await register();
  const received = nextCommand();
  const invoked = simulator.world.invokeCommand({ ...ids, name: "play", options: { query: "x" } });
  const interaction = await received;
  await interaction.reply({ content: "Looking", flags: "Ephemeral" });
  const result = await invoked;
  expect(result).toMatchObject({ outcome: "message", ephemeral: true, message: { content: "Looking" } });
  await interaction.followUp("Found it");
  expect(result.followUps.map(({ content }) => content)).toEqual(["Found it"]);
  expect(simulator.world.messages(ids.channelId).map(({ content }) => content)).toEqual(["Found it"]);
  expect(simulator.world.messages(ids.channelId, { viewerId: ids.userId })).toHaveLength(2);
  await interaction.deleteReply();
  expect(result.message).toBeUndefined();
  await expect(interaction.reply("again")).rejects.toThrow();
});

test("suggests while the person types", async () => {
  await register();
  client.once(Events.InteractionCreate, (interaction) => {
    if (interaction.isAutocomplete())
      void interaction.respond([{ name: interaction.options.getFocused().toUpperCase(), value: "1" }]);
  });
  const choices = await simulator.world.autocomplete({
    ...ids,
    name: "play",
    focused: "query",
    options: { query: "sp" },
  });
  expect(choices).toEqual([{ name: "SP", value: "1" }]);
});

test("handles a button of its own message", async () => {
  const channel = client.channels.cache.get(ids.channelId);
  if (channel?.isSendable() !== true) throw new Error("the channel is not cached");
  const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
    new ButtonBuilder().setCustomId("skip").setLabel("Skip").setStyle(ButtonStyle.Primary),
  );
  const message = await channel.send({ content: "Track 1", components: [row] });
  client.once(Events.InteractionCreate, (interaction) => {
    if (interaction.isButton()) void interaction.update({ content: "Track 2", components: [] });
  });
  const result = await simulator.world.pressButton({ ...ids, messageId: message.id, customId: "skip" });
  expect(result).toMatchObject({ outcome: "update", message: { content: "Track 2", components: [] } });
  expect(simulator.world.messages(ids.channelId)).toHaveLength(1);
});

test("resumes after its socket is cut, misses nothing and gets nothing twice", async () => {
  const { world, transcript } = simulator;
  const seen: string[] = [];
  const last = Promise.withResolvers<void>();
  client.on(Events.MessageCreate, (message) => {
    seen.push(message.content);
    if (message.content === "29") last.resolve();
  });
  const say = (from: number, to: number) => {
    for (let number = from; number < to; number++)
      world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content: String(number) });
  };
  say(0, 10);
  expect(world.dropConnections({ applicationId: ids.applicationId })).toBe(1);
  const resumed = once(client, Events.ShardResume);
  say(10, 20);
  await resumed;
  say(20, 30);
  await last.promise;
  expect(seen).toEqual(Array.from({ length: 30 }, (_, number) => String(number)));
  const ops = transcript.entries.flatMap((entry) =>
    entry.type === "receive" ? [(JSON.parse(entry.text) as { op: number }).op] : [],
  );
  expect(ops.filter((op) => op === 2 || op === 6)).toEqual([2, 6]);
});

test("reconnects when it is asked to", async () => {
  const resumed = once(client, Events.ShardResume);
  simulator.world.requestReconnect();
  await resumed;
});
