// A track that goes on through everything: the bot moves to another channel, the voice server drops its connection, Discord changes the
// server, and in the end somebody throws the bot out, which is told with a code.
// Here: `npx node --conditions=@antiphon/source packages/voice/examples/move-and-survive.ts`; in a project of your own:
// `node move-and-survive.ts`.
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import { createVoiceManager, renderVoiceMetrics } from "@antiphon/voice";
import { createPcmSource } from "@antiphon/voice/source";

await using voice = await startVoiceSimulator({ daveProtocolVersion: 0 }); // a stage: nobody needs to be there to hear it
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const [nave, crypt] = ["Nave", "Crypt"].map((name) => world.addChannel(guild.id, { name, type: "voice" }));
if (nave === undefined || crypt === undefined) throw new Error("both channels are there");

await using manager = createVoiceManager({ signaling: world.signalingFor(bot.id), tls: { ca: voice.certificatePem } });
const connection = await manager.join({ guildId: guild.id, channelId: nave.id });
connection.on("stateChange", ({ to }) => console.log(`  ${to.name}`));

/** Silence that does not end; a station would take its place. */
async function* station() {
  for (;;) yield new Uint8Array(1_920);
}
const playback = connection.play(createPcmSource(station(), { sampleRateHz: 48_000, channelCount: 1 }));
/** Resolves when a tenth of a second has arrived at the voice server. */
const heard = async () => {
  for (let packets = 0; packets < 5; packets++) await waitFor(voice, "packet");
};
await heard();

console.log("moving to the crypt");
await manager.move({ guildId: guild.id, channelId: crypt.id });
await heard();
console.log(
  `in the crypt: ${connection.channelId === crypt.id}; the same playback: ${connection.playback === playback}`,
);

console.log("the voice server closes with 4015, as when it crashes");
const back = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "connected" });
voice.closeSocket(guild.id, bot.id, 4015);
await back;
await heard();

console.log("the voice server forgets the session (4006)");
const again = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "connected" });
voice.closeSocket(guild.id, bot.id, 4006);
await again;
await heard();

const metrics = renderVoiceMetrics([{ labels: { guild: guild.name }, stats: connection.getStats() }]);
console.log(
  metrics.split("\n").filter((line) => line.startsWith("# HELP")).length > 5
    ? "figures for Prometheus are there"
    : "none",
);

console.log("somebody disconnects the bot");
world.leaveVoice({ guildId: guild.id, userId: bot.id });
const reason = await connection.closed;
console.log(
  `closed: ${reason.code}; the playback ended: ${await playback.ended}; connections left: ${manager.connections.size}`,
);
