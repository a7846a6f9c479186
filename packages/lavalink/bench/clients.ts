import { once } from "node:events";
import { createLavalink, type LavalinkOptions, type Track } from "@antiphon/lavalink";
import type { UserId, VoiceServerDispatch, VoiceSignaling, VoiceStateDispatch } from "@antiphon/protocol/discord";
import { toDisposable } from "@antiphon/std";
import { LavalinkManager } from "lavalink-client";
import { Connector, Shoukaku } from "shoukaku";

/** The libraries that are compared. */
export type Library = "antiphon" | "lavalink-client" | "shoukaku";

/** One client, as every library can be driven. */
export interface BenchClient {
  join(guildId: string): Promise<void>;
  play(guildId: string, track: Track): Promise<void>;
  /** Lets so many tracks wait; does nothing where a library has no queue. */
  fillQueue(guildId: string, track: Track, count: number): void;
  /** Calls back with each position that a player is told. */
  onUpdate(listener: (positionMs: number) => void): void;
  close(): Promise<void>;
}

const botId = "1000";
const channelId = "81384788765712385";
const endpoint = "voice.invalid:443";

/** A gateway that grants every join at once. */
function grantingSignaling(): VoiceSignaling {
  const states = new Set<(dispatch: VoiceStateDispatch) => void>();
  const servers = new Set<(dispatch: VoiceServerDispatch) => void>();
  const listen = <Listener>(listeners: Set<Listener>, listener: Listener) => {
    listeners.add(listener);
    return toDisposable(() => listeners.delete(listener));
  };
  const userId = botId as UserId;
  return {
    userId,
    async updateVoiceState({ guildId, channelId: target }) {
      for (const listener of states) listener({ guildId, userId, channelId: target, sessionId: "s" });
      if (target !== null) for (const listener of servers) listener({ guildId, endpoint, token: "t" });
    },
    onVoiceState: (listener) => listen(states, listener),
    onVoiceServer: (listener) => listen(servers, listener),
  };
}

/** Connects a client of ours to nodes on loopback. */
export async function openAntiphon(ports: readonly number[], options: Partial<LavalinkOptions> = {}) {
  const nodes = ports.map((port) => ({ host: "127.0.0.1", port, password: "youshallnotpass" }));
  const lavalink = createLavalink({ nodes, signaling: grantingSignaling(), ...options });
  await lavalink.connect();
  return lavalink;
}

async function connectAntiphon(ports: readonly number[]): Promise<BenchClient> {
  const lavalink = await openAntiphon(ports);
  while (!lavalink.nodes.every((node) => node.ready)) await new Promise((resolve) => setTimeout(resolve, 5));
  const player = (guildId: string) => lavalink.players.get(guildId);
  return {
    async join(guildId) {
      await lavalink.join({ guildId: guildId, channelId: channelId });
    },
    async play(guildId, track) {
      await player(guildId)?.play(track);
    },
    fillQueue: (guildId, track, count) => player(guildId)?.queue.add(Array.from({ length: count }, () => track)),
    onUpdate: (listener) => void lavalink.on("playerUpdate", ({ positionMs }) => listener(positionMs)),
    close: () => lavalink.close(),
  };
}

async function connectLavalinkClient(ports: readonly number[]): Promise<BenchClient> {
  const manager = new LavalinkManager({
    nodes: ports.map((port) => ({ id: String(port), host: "127.0.0.1", port, authorization: "youshallnotpass" })),
    client: { id: botId },
    autoMove: true,
    sendToShard(id, payload) {
      const send = (t: "VOICE_STATE_UPDATE" | "VOICE_SERVER_UPDATE", d: object) =>
        manager.sendRawData({ t, d } as never).catch(() => {});
      if (payload.d.channel_id === null) return;
      queueMicrotask(() => {
        void send("VOICE_STATE_UPDATE", { guild_id: id, user_id: botId, channel_id: channelId, session_id: "s" });
        void send("VOICE_SERVER_UPDATE", { guild_id: id, token: "t", endpoint });
      });
    },
  });
  // A node that dies is part of the benchmark.
  manager.nodeManager.on("error", () => {});
  await manager.init({ id: botId });
  const ready = () =>
    [...manager.nodeManager.nodes.values()].every((node) => node.connected && node.sessionId && node.info);
  while (!ready()) await new Promise((resolve) => setTimeout(resolve, 5));
  const toOwn = (track: Track) => manager.utils.buildTrack(track as never, { id: botId });
  return {
    async join(guildId) {
      await manager.createPlayer({ guildId, voiceChannelId: channelId }).connect();
    },
    async play(guildId, track) {
      await manager.getPlayer(guildId)?.play({ clientTrack: toOwn(track) });
    },
    fillQueue(guildId, track, count) {
      manager.getPlayer(guildId)?.queue.tracks.push(...Array.from({ length: count }, () => toOwn(track)));
    },
    onUpdate: (listener) => void manager.on("playerUpdate", (_before, player) => listener(player.lastPosition)),
    async close() {
      await manager.nodeManager.disconnectAll(true);
    },
  };
}

class GrantingConnector extends Connector {
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
      this.raw({ t: "VOICE_SERVER_UPDATE", d: { guild_id, token: "t", endpoint } });
    });
  }
}

async function connectShoukaku(ports: readonly number[]): Promise<BenchClient> {
  const nodes = ports.map((port) => ({ name: String(port), url: `127.0.0.1:${port}`, auth: "youshallnotpass" }));
  const shoukaku = new Shoukaku(new GrantingConnector(), nodes, { moveOnDisconnect: true, reconnectTries: 1 });
  shoukaku.on("error", () => {});
  await once(shoukaku, "ready");
  const listeners = new Set<(positionMs: number) => void>();
  return {
    async join(guildId) {
      const player = await shoukaku.joinVoiceChannel({ guildId, channelId, shardId: 0 });
      player.on("update", ({ state }) => {
        for (const listener of listeners) listener(state.position);
      });
    },
    async play(guildId, { encoded }) {
      await shoukaku.players.get(guildId)?.playTrack({ track: { encoded } });
    },
    fillQueue() {},
    onUpdate: (listener) => void listeners.add(listener),
    async close() {
      for (const { name } of nodes) shoukaku.removeNode(name);
    },
  };
}

/** Connects a client to nodes on loopback and resolves when it is ready to play. */
export function connectClient(library: Library, ports: readonly number[]): Promise<BenchClient> {
  const connect = { antiphon: connectAntiphon, "lavalink-client": connectLavalinkClient, shoukaku: connectShoukaku };
  return connect[library](ports);
}
