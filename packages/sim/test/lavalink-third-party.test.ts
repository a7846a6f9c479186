import { once } from "node:events";
import { LavalinkManager } from "lavalink-client";
import { Connector, Shoukaku } from "shoukaku";
import { expect, onTestFinished, test } from "vitest";
import { createManualClock } from "@antiphon/std";
import { startLavalinkSimulator, type LavalinkSimulator } from "../src/lavalink/index.ts";

// The simulator is trusted as far as clients that other people wrote play through it, unmodified.

const botId = "1000";
const guildId = "81384788765712384";
const channelId = "81384788765712385";

async function openNode() {
  const clock = createManualClock();
  const simulator = await startLavalinkSimulator({ clock });
  onTestFinished(() => simulator.close());
  const result = simulator.catalogue.load("rain");
  if (result.loadType !== "track") throw new Error("rain is a track");
  return { clock, simulator, track: result.data };
}

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const playing = (simulator: LavalinkSimulator) => simulator.players.filter((player) => player.track).length;

test("shoukaku plays, pauses, seeks, and hears the track end", async () => {
  const { clock, simulator, track } = await openNode();
  class FakeConnector extends Connector {
    constructor() {
      super({});
    }
    override getId() {
      return botId;
    }
    override listen(nodes: Parameters<Connector["ready"]>[0]) {
      queueMicrotask(() => this.ready(nodes));
    }
    override sendPacket(
      _shardId: number,
      packet: { readonly d: { readonly guild_id: string; readonly channel_id: string | null } },
    ) {
      const { guild_id, channel_id } = packet.d;
      if (channel_id === null) return;
      const state = { guild_id, channel_id, user_id: botId, session_id: "s", self_deaf: false, self_mute: false };
      queueMicrotask(() => {
        this.raw({ t: "VOICE_STATE_UPDATE", d: state });
        this.raw({ t: "VOICE_SERVER_UPDATE", d: { guild_id, token: "t", endpoint: "eu.voice.invalid" } });
      });
    }
  }
  const nodes = [{ name: "node", url: `127.0.0.1:${simulator.port}`, auth: simulator.password }];
  // It reconnects to a node that was removed; without a pause between its tries it is done at once.
  const shoukaku = new Shoukaku(new FakeConnector(), nodes, { reconnectTries: 1, reconnectInterval: 0 });
  const errors: Error[] = [];
  shoukaku.on("error", (_name, error) => errors.push(error));
  await once(shoukaku, "ready");
  const player = await shoukaku.joinVoiceChannel({ guildId, channelId, shardId: 0 });
  const loaded = await player.node.rest.resolve("rain");
  expect(loaded).toMatchObject({ loadType: "track", data: { encoded: track.encoded } });
  expect(await player.node.rest.decode(track.encoded)).toMatchObject({ info: { title: "Rain on Tin" } });
  const started = once(player, "start");
  await player.playTrack({ track: { encoded: track.encoded } });
  await started;
  await player.setPaused(true);
  expect(simulator.players).toMatchObject([{ guildId, paused: true, state: { connected: true } }]);
  await player.setPaused(false);
  await player.seekTo(90_000);
  const ended = once(player, "end");
  await clock.advance(5_000);
  expect((await ended)[0]).toMatchObject({ reason: "finished", track: { encoded: track.encoded } });
  expect(errors).toEqual([]);
  await shoukaku.leaveVoiceChannel(guildId);
  await eventually(() => simulator.players.length === 0);
  shoukaku.removeNode("node");
  await eventually(() => simulator.sessions.length === 0);
});

test("lavalink-client loads, plays, sets the volume, and hears the track end", async () => {
  const { clock, simulator } = await openNode();
  const manager = new LavalinkManager({
    nodes: [{ id: "node", host: "127.0.0.1", port: simulator.port, authorization: simulator.password }],
    client: { id: botId },
    sendToShard(id, payload) {
      const { channel_id } = payload.d;
      if (channel_id === null) return;
      const send = (t: "VOICE_STATE_UPDATE" | "VOICE_SERVER_UPDATE", d: object) =>
        manager.sendRawData({ t, d } as never);
      queueMicrotask(() => {
        void send("VOICE_STATE_UPDATE", { guild_id: id, user_id: botId, channel_id, session_id: "s" });
        void send("VOICE_SERVER_UPDATE", { guild_id: id, token: "t", endpoint: "eu.voice.invalid" });
      });
    },
  });
  const errors: Error[] = [];
  manager.nodeManager.on("error", (_node, error) => errors.push(error));
  await manager.init({ id: botId });
  const node = manager.nodeManager.nodes.get("node");
  await eventually(() => node?.connected === true && Boolean(node.sessionId && node.info));
  const player = manager.createPlayer({ guildId, voiceChannelId: channelId });
  await player.connect();
  const found = await player.search({ query: "harbour lights", source: "ytsearch" }, { id: botId });
  expect(found.tracks.map((each) => each.info.title)).toEqual(["Harbour Lights"]);
  const [track] = found.tracks;
  if (track === undefined) throw new Error("the search found a track");
  const started = once(manager, "trackStart");
  await player.play({ clientTrack: track as never });
  await started;
  expect(playing(simulator)).toBe(1);
  await player.setVolume(40);
  expect(simulator.players).toMatchObject([{ volume: 40 }]);
  // It tells the end of the last track as the end of its queue.
  const ended = once(manager, "queueEnd");
  await clock.advance(240_000);
  expect((await ended)[2]).toMatchObject({ reason: "finished" });
  expect(errors).toEqual([]);
  await player.destroy();
  await eventually(() => simulator.players.length === 0);
  await manager.nodeManager.disconnectAll(true);
});
