// Plays an Ogg/Opus file into a voice channel: its packets pass through undecoded until somebody turns the volume down. Another file
// follows without a gap, a seek is heard at once.
// Here: `npx node --conditions=@antiphon/source packages/voice/examples/play-an-ogg.ts`; in a project of your own: `node play-an-ogg.ts`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import { createVoiceManager } from "@antiphon/voice";
import { createOggOpusWriter } from "@antiphon/voice/receive";
import { createOpusEncoder, openSource } from "@antiphon/voice/source";

/** A tone as an Ogg/Opus file, so that this program needs no other file. */
function toneOgg(frequencyHz: number, durationMs: number): Buffer {
  const encoder = createOpusEncoder();
  const writer = createOggOpusWriter(1);
  const pages = [writer.begin()];
  for (let frame = 0; frame < durationMs / 20; frame++) {
    const pcm = Int16Array.from(
      { length: 1_920 },
      (_, index) => 8_000 * Math.sin((2 * Math.PI * frequencyHz * (frame * 960 + (index >> 1))) / 48_000),
    );
    pages.push(writer.push(encoder.encode(new Uint8Array(pcm.buffer)), frame * 960));
  }
  pages.push(writer.end());
  encoder.delete();
  return Buffer.concat(pages);
}
const folder = await mkdtemp(join(tmpdir(), "oggs-"));
await writeFile(join(folder, "one.opus"), toneOgg(440, 3_000));
await writeFile(join(folder, "two.opus"), toneOgg(330, 600));

// A stage channel: in an ordinary one audio waits until somebody is there, because it is end-to-end encrypted.
await using voice = await startVoiceSimulator({ daveProtocolVersion: 0 });
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const channel = world.addChannel(guild.id, { name: "Nave", type: "voice" });

// With a real bot `signaling` comes from @antiphon/core or @antiphon/discordjs, and `tls` is left out.
await using manager = createVoiceManager({ signaling: world.signalingFor(bot.id), tls: { ca: voice.certificatePem } });
const connection = await manager.join({ guildId: guild.id, channelId: channel.id });
console.log(`joined: ${connection.state.name}`);

const source = await openSource({ path: join(folder, "one.opus") });
console.log(`${source.info.format}, ${source.info.durationMs} ms`);
const first = connection.play(source);
const begun = waitFor(first, "start"); // asked for at once, because it is told only once
// `gapless` waits for its turn; without it the new one takes the other's place.
const second = connection.play(await openSource({ path: join(folder, "two.opus") }), { gapless: true });

await begun;
first.pause();
await first.seek(2_000); // while paused: it will go on there
first.setVolume(60, { fadeMs: 100 }); // from here on packets are decoded and encoded again
first.resume();
console.log(`the first: ${await first.ended}`);
console.log(`the second: ${await second.ended}`);

// What cannot be played says what it is.
const page = Buffer.from("<!doctype html><html><body>not found</body></html>");
await openSource({ bytes: page }).catch((error: Error) => console.log(error.message));

const { packetsSent, framesWithheld } = connection.getStats();
console.log(`packets were sent: ${packetsSent > 50}; withheld: ${framesWithheld}`);
await manager.close();
await rm(folder, { recursive: true });
