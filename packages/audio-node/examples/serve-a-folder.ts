// Serves a folder of music as a Lavalink server to a client that other people wrote: shoukaku, unmodified, finds a file, plays it into a
// (simulated) Discord voice channel, turns it down, and hears that it has ended.
// Here: `npx node --conditions=@antiphon/source packages/audio-node/examples/serve-a-folder.ts`; in a project of your own:
// `node serve-a-folder.ts`. As a server on its own it is one command: `npx antiphon-audio-node --music-directory ~/Music`.
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAudioNode } from "@antiphon/audio-node";
import type { ChannelId, GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { startVoiceSimulator } from "@antiphon/sim/voice";
import { Connector, Shoukaku } from "shoukaku";

/** A tone as a WAV file: 8,000 Hz, one channel, 8 bits. Any WAV, MP3, FLAC or Ogg file can stand in the folder. */
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

/** What shoukaku's connectors for discord.js and others do: passes voice states to and fro. */
class SignalingConnector extends Connector {
  readonly #signaling: VoiceSignaling;
  constructor(signaling: VoiceSignaling) {
    super({});
    this.#signaling = signaling;
    signaling.onVoiceState(({ guildId, userId, channelId, sessionId }) => {
      const d = { guild_id: guildId, user_id: userId, channel_id: channelId, session_id: sessionId };
      this.raw({ t: "VOICE_STATE_UPDATE", d });
    });
    signaling.onVoiceServer(({ guildId, token, endpoint }) =>
      this.raw({ t: "VOICE_SERVER_UPDATE", d: { guild_id: guildId, token, endpoint } }),
    );
  }
  override getId() {
    return this.#signaling.userId;
  }
  override listen(nodes: Parameters<Connector["ready"]>[0]) {
    queueMicrotask(() => this.ready(nodes));
  }
  override sendPacket(_shardId: number, { d }: { readonly d: { guild_id: GuildId; channel_id: ChannelId | null } }) {
    const place = { guildId: d.guild_id, channelId: d.channel_id };
    void this.#signaling.updateVoiceState({ ...place, selfMute: false, selfDeaf: false });
  }
}

const musicDirectory = await mkdtemp(join(tmpdir(), "music-"));
await mkdir(join(musicDirectory, "Choir"));
await writeFile(join(musicDirectory, "Choir", "Evensong.wav"), toneWav(1_500, 440));
await writeFile(join(musicDirectory, "Choir", "Matins.wav"), toneWav(1_500, 330));

// A stage channel: in an ordinary one audio is end-to-end encrypted, and withheld while nobody is there to hear it.
const voice = await startVoiceSimulator({ daveProtocolVersion: 0 });
const discord = await startDiscordSimulator({ voice });
const { world } = discord;
const bot = world.addUser({ username: "jukebox" });
const guild = world.addGuild({ name: "Choir", ownerId: bot.id });
const channel = world.addChannel(guild.id, { name: "Nave", type: "voice" });

const password = "a password of your own";
const node = await startAudioNode({ password, port: 0, musicDirectory, voice: { tls: { ca: voice.certificatePem } } });

const connector = new SignalingConnector(world.signalingFor(bot.id));
const address = { name: "node", url: `127.0.0.1:${node.port}`, auth: password };
const shoukaku = new Shoukaku(connector, [address], { reconnectTries: 1, reconnectInterval: 0 });
shoukaku.on("error", () => {}); // it tries to reach a node that was removed, and comments on that
await once(shoukaku, "ready");
const player = await shoukaku.joinVoiceChannel({ guildId: guild.id, channelId: channel.id, shardId: 0 });

const found = await player.node.rest.resolve("ytsearch:evensong");
if (found?.loadType !== "search" || found.data[0] === undefined) throw new Error("the file is in the folder");
console.log(`found ${found.data.length}: ${found.data[0].info.title}, ${found.data[0].info.length} ms`);

const album = await player.node.rest.resolve("Choir");
if (album?.loadType === "playlist") console.log(`the folder is a playlist of ${album.data.tracks.length}`);
// Nothing outside of the folder can be named, and nobody learns whether it exists.
console.log(`/etc/hostname: ${(await player.node.rest.resolve("../../etc/hostname"))?.loadType}`);

const started = once(player, "start");
const ended = once(player, "end");
await player.playTrack({ track: { encoded: found.data[0].encoded } });
await started;
await player.setGlobalVolume(40);
console.log(`ended: ${((await ended)[0] as { readonly reason: string }).reason}`);
console.log(`the voice server got its packets: ${voice.getStats().media.received > 0}`);

await shoukaku.leaveVoiceChannel(guild.id);
shoukaku.removeNode("node");
await node.close();
await discord.close();
await voice.close();
await rm(musicDirectory, { recursive: true });
