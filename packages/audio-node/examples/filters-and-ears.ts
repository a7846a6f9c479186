// Plays a playlist file with a filter through our own client, while somebody in the channel listens: what they hear is decoded, end-to-end
// encryption included, and its pitch measured.
// Here: `npx node --conditions=@antiphon/source packages/audio-node/examples/filters-and-ears.ts`; in a project of your own:
// `node filters-and-ears.ts`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode } from "@antiphon/audio-node";
import { createLavalink, tracksOf } from "@antiphon/lavalink";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import { createVoiceManager } from "@antiphon/voice";
import { createOpusDecoder } from "@antiphon/voice/source";

/** A tone as a WAV file: 8,000 Hz, one channel, 8 bits. */
function toneWav(durationMs: number, frequencyHz: number): Uint8Array {
  const samples = Uint8Array.from(
    { length: durationMs * 8 },
    (_, index) => 128 + 60 * Math.sin((2 * Math.PI * frequencyHz * index) / 8000),
  );
  const header = Buffer.from(
    "RIFF____WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data____",
    "latin1",
  );
  header.writeUInt32LE(36 + samples.length, 4);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/** The pitch of interleaved s16le stereo at 48,000 Hz, by its zero crossings. */
function pitchHz(pcm: Buffer): number {
  const frames = pcm.length / 4;
  const left = (frame: number) => pcm.readInt16LE(frame * 4);
  let crossings = 0;
  for (let frame = 1; frame < frames; frame++) if (left(frame - 1) < 0 && left(frame) >= 0) crossings++;
  return Math.round(crossings / (frames / 48_000));
}

const musicDirectory = await mkdtemp(join(tmpdir(), "music-"));
await writeFile(join(musicDirectory, "tone.wav"), toneWav(3_000, 400));
await writeFile(join(musicDirectory, "evening.m3u"), "#EXTM3U\n#EXTINF:3,Nobody - A tone\ntone.wav\nmissing.wav\n");

const voice = await startVoiceSimulator();
const discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
world.addMember(guild.id, ada.id);
const channel = world.addChannel(guild.id, { name: "Nave", type: "voice" });
const tls = { ca: voice.certificatePem };

// Ada's ears: any member of the channel can listen, because the voice package speaks for people, too.
const ears = createVoiceManager({ signaling: world.signalingFor(ada.id), tls });
const listening = await ears.join({ guildId: guild.id, channelId: channel.id });
const decoder = createOpusDecoder();
const heard: Buffer[] = [];
const listen = (async () => {
  for await (const { opus } of listening.receive(bot.id)) heard.push(Buffer.from(decoder.decode(opus)));
})();

const password = "a password of your own";
const node = await startAudioNode({ password, port: 0, musicDirectory, voice: { tls } });
const lavalink = createLavalink({
  nodes: [{ host: "127.0.0.1", port: node.port, password }],
  signaling: world.signalingFor(bot.id),
});
await lavalink.connect();

const playlist = await lavalink.load("evening.m3u");
if (playlist.type === "playlist")
  console.log(`${playlist.tracks.length} track can be played; left out:`, playlist.pluginInfo);

const player = await lavalink.join({ guildId: guild.id, channelId: channel.id });
// A timescale of one and a half: the tone ends sooner, and 400 Hz become 600.
await player.filters.set("faster", { timescale: { rate: 1.5 } });
const ended = waitFor(lavalink, "trackEnd");
await player.play(tracksOf(playlist)[0]);
console.log(`the track ended: ${(await ended).reason}`);

await lavalink.close();
await ears.close(); // ends what is received, after everything that arrived was read
await listen;
decoder.delete();
// The middle of it: the start may be missed by whoever joins, and the end fades.
const middle = heard.slice(Math.floor(heard.length / 3), Math.floor((heard.length * 2) / 3));
console.log(`ada heard a tone of about ${Math.round(pitchHz(Buffer.concat(middle)) / 50) * 50} Hz`);

await node.close();
await discord.close();
await voice.close();
await rm(musicDirectory, { recursive: true });
