import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode } from "@antiphon/audio-node";
import { createLavalink } from "@antiphon/lavalink";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import { createVoiceManager } from "@antiphon/voice";
import { createOpusDecoder } from "@antiphon/voice/source";
import { expect, test } from "vitest";
import { chirpSamples, correlate, createChirpWav, leftOf } from "./chirp.ts";
import { PASSWORD } from "./node-client.ts";

test("our own client joins, plays what it found, skips, seeks, and leaves", async () => {
  const music = await mkdtemp(join(tmpdir(), "antiphon-client-"));
  await writeFile(join(music, "chirp.wav"), createChirpWav(1600));
  const voice = await startVoiceSimulator();
  const discord = await startDiscordSimulator({ voice });
  const { world } = discord;
  const bot = world.addUser({ username: "jukebox" });
  const ada = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
  world.addMember(guild.id, ada.id);
  const channel = world.addChannel(guild.id, { name: "Nave", type: "voice" });
  const tls = { ca: voice.certificatePem };
  const ears = createVoiceManager({ signaling: world.signalingFor(ada.id), tls });
  const listener = await ears.join({ guildId: guild.id, channelId: channel.id });
  const node = await startAudioNode({ password: PASSWORD, port: 0, musicDirectory: music, voice: { tls } });
  const lavalink = createLavalink({
    nodes: [{ host: "127.0.0.1", port: node.port, password: PASSWORD }],
    signaling: world.signalingFor(bot.id),
  });
  await lavalink.connect();

  const found = await lavalink.search("chirp");
  if (found.type !== "search") throw new Error(`found ${found.type}`);
  const player = await lavalink.join({ guildId: guild.id, channelId: channel.id });
  const [track] = found.tracks;
  const heard: Uint8Array[] = [];
  const decoder = createOpusDecoder();
  const listen = async () => {
    for await (const frame of listener.receive(bot.id)) heard.push(decoder.decode(frame.opus));
  };
  void listen();

  const whole = waitFor(lavalink, "trackEnd");
  await player.play(track);
  expect(await whole).toMatchObject({ reason: "finished" });
  await expect.poll(() => heard.length).toBeGreaterThanOrEqual(78);
  expect(correlate(chirpSamples(1600), leftOf(Buffer.concat(heard)), 4800).ratio).toBeGreaterThan(0.97);

  const replayed = waitFor(lavalink, "trackEnd");
  await player.play(track);
  await player.pause();
  await player.seek(1200);
  expect(player.positionMs).toBe(1200);
  await player.resume();
  expect(await replayed).toMatchObject({ reason: "finished" });

  const skipped = waitFor(lavalink, "trackEnd");
  await player.play(track);
  await player.skip();
  expect(await skipped).toMatchObject({ reason: "stopped" });

  await lavalink.close();
  await ears.close();
  await node.close();
  await discord.close();
  await voice.close();
  await rm(music, { recursive: true });
});
