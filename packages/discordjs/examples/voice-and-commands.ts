// A discord.js bot on the way: typed slash commands come from @antiphon/core and voice from @antiphon/voice, over
// the one connection and the one login that discord.js has. What was written for discord.js goes on beside it.
// Here: `npx node --conditions=@antiphon/source packages/discordjs/examples/voice-and-commands.ts`; in a project of your own:
// `node voice-and-commands.ts`.
import { Client, Events, GatewayIntentBits } from "discord.js";
import { createClient, defineCommand } from "@antiphon/core";
import { fromDiscordJs } from "@antiphon/discordjs";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { createVoiceManager } from "@antiphon/voice";
import { createPcmSource } from "@antiphon/voice/source";

// A stage channel; in an ordinary one audio waits for somebody to hear it, because it is end-to-end encrypted.
await using voice = await startVoiceSimulator({ daveProtocolVersion: 0 });
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const { applicationId, botUserId, token } = world.addApplication({ name: "Both" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Choir", ownerId: ada.id });
const text = world.addChannel(guild.id, { name: "general", type: "text" });
const loft = world.addChannel(guild.id, { name: "Loft", type: "voice" });
world.addMember(guild.id, botUserId);

const { Guilds, GuildVoiceStates } = GatewayIntentBits;
const discordjs = new Client({ intents: [Guilds, GuildVoiceStates], rest: { api: discord.apiUrl } });
// A handler of old: it goes on working.
discordjs.on(Events.VoiceStateUpdate, (before, after) => {
  if (before.channelId !== after.channelId) console.log(`discord.js saw: ${after.channel?.name ?? "left"}`);
});

const adapter = fromDiscordJs(discordjs, { token });
await using client = createClient({ ...adapter, intents: ["guilds", "guildVoiceStates"] });
await using manager = createVoiceManager({ signaling: adapter.voiceSignaling, tls: { ca: voice.certificatePem } });

/** A second of a tone: interleaved s16le, 48,000 Hz, one channel. Files and addresses are opened by `openSource`. */
async function* tone() {
  const samples = Int16Array.from(
    { length: 48_000 },
    (_, index) => 8_000 * Math.sin((2 * Math.PI * 440 * index) / 48_000),
  );
  yield new Uint8Array(samples.buffer);
}

client.commands.add(
  defineCommand({
    name: "bell",
    description: "Rings in a voice channel",
    contexts: ["guild"],
    options: { where: { type: "channel", description: "The channel", required: true } },
    async execute(context) {
      await context.defer(); // joining may take longer than the three seconds that Discord waits
      const place = { guildId: context.guildId, channelId: context.options.where.id };
      const connection = await manager.join(place);
      const playback = connection.play(createPcmSource(tone(), { sampleRateHz: 48_000, channelCount: 1 }));
      const reason = await playback.ended;
      await manager.leave(place.guildId);
      await context.reply(`rang: ${reason}`);
    },
  }),
);
await client.connect(); // logs discord.js in
await client.commands.register({ guildId: guild.id });

const place = { guildId: guild.id, channelId: text.id, userId: ada.id, applicationId };
const answer = await world.invokeCommand({ ...place, name: "bell", options: { where: loft.id } });
console.log(`the bot says: ${(await answer.completed()).content}`);

await client.close(); // lets go of discord.js, which is yours
await manager.close();
await discordjs.destroy();
