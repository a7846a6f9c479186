import { once } from "node:events";
import type { ChannelId, GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import { createOpusDecoder } from "@antiphon/voice/source";
import { LavalinkManager } from "lavalink-client";
import { Connector, Shoukaku } from "shoukaku";
import { expect, test } from "vitest";
import { amplitudeOf, leftOf } from "./chirp.ts";
import { openConcert, PATIENCE_MS } from "./concert.ts";
import { PASSWORD } from "./node-client.ts";

// Clients that other people wrote, unmodified, play through this node, and what their filters do is heard in the channel.

const LOW_HZ = 300;
const HIGH_HZ = 4_000;

/** Two seconds of two tones that are equally loud. */
const chord = Float32Array.from({ length: 96_000 }, (_, index) => {
  const angle = (2 * Math.PI * index) / 48_000;
  return 0.25 * (Math.sin(LOW_HZ * angle) + Math.sin(HIGH_HZ * angle));
});

async function openChordConcert() {
  const concert = await openConcert("chord", chord);
  return {
    ...concert,
    /** How loud the high tone is beside the low one, in a stretch from the middle of what is heard from now on. */
    async heardRatio(): Promise<number> {
      const decoder = createOpusDecoder();
      const frames: Float32Array[] = [];
      for await (const { opus } of concert.hear()) {
        const samples = leftOf(Buffer.from(decoder.decode(opus)));
        // Silence before the music and where it is late is no part of it.
        if (samples.some((sample) => Math.abs(sample) > 0.05)) frames.push(samples);
        if (frames.length === 60) break;
      }
      decoder.delete();
      const ratios = frames
        .slice(20)
        .map((frame) => amplitudeOf(frame, HIGH_HZ) / amplitudeOf(frame, LOW_HZ))
        .toSorted((left, right) => left - right);
      return ratios[ratios.length >> 1] ?? Number.NaN;
    },
  };
}

/** What their bindings for Discord libraries do: hands voice dispatches on. */
function forwardDispatches(signaling: VoiceSignaling, forward: (type: string, data: object) => void): void {
  signaling.onVoiceState(({ guildId, userId, channelId, sessionId }) =>
    forward("VOICE_STATE_UPDATE", {
      guild_id: guildId,
      user_id: userId,
      channel_id: channelId,
      session_id: sessionId,
      self_deaf: false,
      self_mute: false,
    }),
  );
  signaling.onVoiceServer(({ guildId, token, endpoint }) =>
    forward("VOICE_SERVER_UPDATE", { guild_id: guildId, token, endpoint }),
  );
}

class SignalingConnector extends Connector {
  readonly #signaling: VoiceSignaling;
  constructor(signaling: VoiceSignaling) {
    super({});
    this.#signaling = signaling;
    forwardDispatches(signaling, (t, d) => this.raw({ t, d } as Parameters<Connector["raw"]>[0]));
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

test("shoukaku's low pass is heard, and gone once it is cleared", async () => {
  const { node, guildId, channelId, signaling, heardRatio } = await openChordConcert();
  const address = { name: "node", url: `127.0.0.1:${node.port}`, auth: PASSWORD };
  const shoukaku = new Shoukaku(new SignalingConnector(signaling), [address], {
    reconnectTries: 1,
    reconnectInterval: 0,
    restTimeout: PATIENCE_MS / 1_000,
    voiceConnectionTimeout: PATIENCE_MS / 1_000,
  });
  // It tries to reach the node that is removed in the end.
  shoukaku.on("error", () => {});
  await once(shoukaku, "ready");
  const player = await shoukaku.joinVoiceChannel({ guildId, channelId, shardId: 0 });
  const found = await player.node.rest.resolve("search:chord");
  if (found?.loadType !== "search" || found.data[0] === undefined) throw new Error("the file is in the folder");
  const { encoded } = found.data[0];
  const play = async () => {
    const ended = once(player, "end");
    const heard = heardRatio();
    await player.playTrack({ track: { encoded } });
    expect((await ended)[0]).toMatchObject({ reason: "finished" });
    return heard;
  };
  await player.setFilters({ lowPass: { smoothing: 20 } });
  expect(await play()).toBeLessThan(0.3);
  await player.setFilters({});
  expect(await play()).toBeGreaterThan(0.7);
  await shoukaku.leaveVoiceChannel(guildId);
  shoukaku.removeNode("node");
});

test("lavalink-client's low pass is heard, and its queue goes on without it", async () => {
  const { node, guildId, channelId, signaling, heardRatio } = await openChordConcert();
  const manager = new LavalinkManager({
    nodes: [
      { id: "node", host: "127.0.0.1", port: node.port, authorization: PASSWORD, requestSignalTimeoutMS: PATIENCE_MS },
    ],
    client: { id: signaling.userId },
    sendToShard(_guildId, { d }) {
      const place = { guildId: d.guild_id as GuildId, channelId: d.channel_id };
      void signaling.updateVoiceState({ ...place, selfMute: false, selfDeaf: false });
    },
  });
  forwardDispatches(signaling, (t, d) => void manager.sendRawData({ t, d } as never));
  manager.nodeManager.on("error", () => {});
  await manager.init({ id: signaling.userId });
  const own = manager.nodeManager.nodes.get("node");
  await expect.poll(() => own?.connected === true && Boolean(own.sessionId && own.info)).toBe(true);
  const player = manager.createPlayer({ guildId, voiceChannelId: channelId });
  await player.connect();
  // Its own search asks for sources that this node does not have.
  const found = (await own?.request("/loadtracks?identifier=search:chord")) as { readonly data: readonly never[] };
  const [raw] = found.data;
  if (raw === undefined) throw new Error("the file is in the folder");
  const track = manager.utils.buildTrack(raw, { id: signaling.userId });
  const play = async () => {
    const ended = once(manager, "queueEnd");
    const heard = heardRatio();
    await player.play({ clientTrack: track });
    expect((await ended)[2]).toMatchObject({ reason: "finished" });
    return heard;
  };
  await player.filterManager.toggleLowPass(20);
  expect(await play()).toBeLessThan(0.3);
  await player.filterManager.toggleLowPass();
  expect(await play()).toBeGreaterThan(0.7);
  await player.destroy();
  await manager.nodeManager.disconnectAll(true);
});
