// Records a conversation of two people, end-to-end encrypted as every call on Discord is: a file of its own for each speaker, exactly as
// sent, and one of all together. Whoever records is a member of the call, so everybody sees that they are there.
// Here: `npx node --conditions=@antiphon/source packages/voice/examples/record-a-call.ts`; in a project of your own: `node record-a-call.ts`.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { createVoiceManager } from "@antiphon/voice";
import { recordCall } from "@antiphon/voice/receive";
import { createPcmSource, openSource } from "@antiphon/voice/source";

/** Stands for somebody who speaks: interleaved s16le at 48,000 Hz, one channel. */
async function* speech(frequencyHz: number, durationMs: number) {
  const samples = Int16Array.from(
    { length: durationMs * 48 },
    (_, index) => 8_000 * Math.sin((2 * Math.PI * frequencyHz * index) / 48_000),
  );
  yield new Uint8Array(samples.buffer);
}

await using voice = await startVoiceSimulator();
await using discord = await startDiscordSimulator({ voice });
const { world } = discord;
const people = ["ann", "ben", "scribe"].map((username) => world.addUser({ username }));
const guild = world.addGuild({ name: "Council", ownerId: people[0]?.id });
for (const { id } of people) if (id !== people[0]?.id) world.addMember(guild.id, id);
const channel = world.addChannel(guild.id, { name: "Table", type: "voice" });

// The package speaks for people as it does for bots, which is how tests let people talk.
const managers = people.map(({ id }) =>
  createVoiceManager({ signaling: world.signalingFor(id), tls: { ca: voice.certificatePem } }),
);
const connections = [];
for (const manager of managers) connections.push(await manager.join({ guildId: guild.id, channelId: channel.id }));
const [ann, ben, scribe] = connections;
if (ann === undefined || ben === undefined || scribe === undefined) throw new Error("three have joined");

const enough = new AbortController();
const directory = await mkdtemp(join(tmpdir(), "call-"));
const recording = recordCall(scribe, { directory, signal: enough.signal });

const say = (frequencyHz: number) =>
  createPcmSource(speech(frequencyHz, 1_000), { sampleRateHz: 48_000, channelCount: 1 });
await ann.play(say(300)).ended;
await Promise.all([ann.play(say(300)).ended, ben.play(say(500)).ended]); // both at once, as in life
enough.abort();

const { speakerFiles, mixFile } = await recording;
for (const [userId, path] of speakerFiles) {
  await using file = await openSource({ path });
  const name = people.find(({ id }) => id === userId)?.username;
  console.log(
    `${name} has a file of their own: ${file.info.format}, ${(file.info.durationMs ?? 0) > 500 ? "with what they said" : "empty"}`,
  );
}
{
  await using mix = await openSource({ path: mixFile });
  console.log(
    `${basename(mixFile)} has everybody: ${mix.info.format}, over a second: ${(mix.info.durationMs ?? 0) > 1_000}`,
  );
}

// The same code on every screen proves that nobody sits in between; the voice server itself only sees ciphertext.
const codes = new Set(connections.map((connection) => connection.getStats().privacyCode));
console.log(`privacy codes in the call: ${codes.size}; encrypted: ${scribe.getStats().daveProtocolVersion === 1}`);

for (const manager of managers) await manager.close();
await rm(directory, { recursive: true });
