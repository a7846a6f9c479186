import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode } from "@antiphon/audio-node";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { createVoiceManager } from "@antiphon/voice";
import { onTestFinished } from "vitest";
import { createWav } from "./chirp.ts";
import { PASSWORD } from "./node-client.ts";

/** How long clients and the node wait for each other on a machine that has much else to do. */
export const PATIENCE_MS = 90_000;

/** A node whose folder holds one piece, a bot, and somebody who listens in its channel; all closed when the test is over. */
export async function openConcert(name: string, samples: Float32Array) {
  const music = await mkdtemp(join(tmpdir(), "antiphon-concert-"));
  await writeFile(join(music, `${name}.wav`), createWav(samples));
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
  const node = await startAudioNode({
    password: PASSWORD,
    port: 0,
    musicDirectory: music,
    voice: { tls },
    joinTimeoutMs: PATIENCE_MS,
  });
  onTestFinished(async () => {
    await ears.close();
    await node.close();
    await discord.close();
    await voice.close();
    await rm(music, { recursive: true });
  });
  return {
    node,
    guildId: guild.id,
    channelId: channel.id,
    signaling: world.signalingFor(bot.id),
    /** The packets of the bot's audio from now on. */
    hear: () => listener.receive(bot.id),
  };
}
