import type { ChannelId, GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import type { NodeStats } from "@antiphon/protocol/lavalink";
import {
  createEmitter,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import { eventChannel, publishEvent } from "./diagnostics.ts";
import type { ErrorBudgetOptions } from "./error-budget.ts";
import { LavalinkError, toLavalinkError } from "./error.ts";
import type { LavalinkEvent, PlayerDestroyReason } from "./event.ts";
import { firstReady } from "./first-ready.ts";
import { fromWireLoadResult, type LoadResult } from "./load.ts";
import { createNodePool } from "./node-pool.ts";
import { checkNodeAddresses, type NodeAddress } from "./node-address.ts";
import { createNode, type Node, type NodeListener, type NodeSettings } from "./node.ts";
import { nodesFromEnvironment } from "./nodes-from-environment.ts";
import { createPersistence } from "./persistence.ts";
import { createPlayer } from "./node-player.ts";
import type { CommandOptions, ManagedPlayer, Player } from "./player.ts";
import type { PlayerContext } from "./player-context.ts";
import type { QueueOptions } from "./queue.ts";
import type { ReconnectPolicy } from "./reconnect-policy.ts";
import { createRecovery } from "./recovery.ts";
import type { StateStore } from "./stores/state-store.ts";
import { createVoiceLink, type VoiceLinkContext } from "./voice-link.ts";
import { startWatchdog } from "./watchdog.ts";

/** Options of {@link createLavalink}. */
export interface LavalinkOptions {
  /** At least one. Defaults to the one that `LAVALINK_HOST`, `LAVALINK_PORT` and `LAVALINK_PASSWORD` name. */
  readonly nodes?: readonly NodeAddress[];
  /** The main gateway, through which voice channels are joined. */
  readonly signaling: VoiceSignaling;
  /** What nodes log, as `NAME/VERSION`. Defaults to `antiphon/0`. */
  readonly clientName?: string;
  /** How long a node keeps playing without its socket, in seconds. Defaults to 60. */
  readonly resumeTimeoutSeconds?: number;
  /** How long a request may take, in milliseconds. Defaults to 15,000, since joining a voice channel is part of it. */
  readonly requestTimeoutMs?: number;
  /** How long a command waits for a node to come back, in milliseconds. Defaults to 30,000. */
  readonly commandTimeoutMs?: number;
  /** How long Discord may take to name a voice server, in milliseconds. Defaults to 15,000. */
  readonly voiceTimeoutMs?: number;
  /** How long opening a socket may take, in milliseconds. Defaults to 5,000. */
  readonly handshakeTimeoutMs?: number;
  /** Milliseconds between pings; two without an answer cut the socket. Defaults to 15,000. */
  readonly heartbeatMs?: number;
  /** HTTP connections to a node. Defaults to 16. */
  readonly connections?: number;
  /**
   * Whether new players spread over the nodes by their load; otherwise they go to the first ready one of the highest priority, in the
   * order of `nodes`. Players of a dead node move either way. Defaults to true.
   */
  readonly pooling?: boolean;
  /** How a lost node is tried again. Defaults to for ever, with growing pauses of up to 30 s. */
  readonly reconnect?: ReconnectPolicy;
  /** How many players are made anew at a time when a node is lost or comes back. Defaults to 32. */
  readonly recoveryConcurrency?: number;
  /** How long a playing track may send nothing before its node is asked, in milliseconds; 0 never asks. Defaults to 20,000. */
  readonly silenceMs?: number;
  /**
   * Where sessions, players and queues are kept, so that the next run of the process goes on with them; it may not be shared by
   * two clients at a time. The caller closes it. Defaults to none.
   */
  readonly store?: StateStore;
  /** Bounds of every player's queue. */
  readonly queue?: Pick<QueueOptions, "maximumLength" | "historyLimit">;
  /** How many failed tracks stop a player. Defaults to 3 in 30 s. */
  readonly errorBudget?: ErrorBudgetOptions;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** What {@link Lavalink.join} takes. */
export interface JoinOptions {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  /** Whether the bot shows itself as deaf. Defaults to true. */
  readonly selfDeaf?: boolean;
  /** Nodes of this region are preferred for a new player. */
  readonly region?: string;
  readonly signal?: AbortSignal | undefined;
}

/** What {@link Lavalink.request} takes. */
export interface NodeRequest {
  readonly method: "GET" | "PATCH" | "DELETE" | "PUT" | "POST";
  /** From the slash on; `{sessionId}` in it stands for the session with the node. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The name of the node. Defaults to the one that a new player would go to. */
  readonly node?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link Lavalink.close}. */
export interface LavalinkCloseOptions {
  /** Whether the nodes go on playing for the next run of the process; needs a `store`. Defaults to false. */
  readonly keepPlaying?: boolean;
}

/** A node as seen from outside. */
export interface NodeView {
  readonly name: string;
  readonly region: string | undefined;
  readonly ready: boolean;
  /** How many of our players are there. */
  readonly players: number;
  /** What the node said last about its load, at most a minute ago. */
  readonly stats: NodeStats | undefined;
}

/** A client for one or more Lavalink v4 nodes. */
export interface Lavalink extends EventSource<LavalinkEvent>, AsyncDisposable {
  readonly players: ReadonlyMap<GuildId, Player>;
  readonly nodes: readonly NodeView[];
  /**
   * Takes over what an earlier run left in the store, and resolves when a first node is ready; the others go on connecting.
   * `LAVALINK_NO_NODE` when every node refused, `LAVALINK_STORE_FAILED` when the store cannot be read.
   */
  connect(options?: CommandOptions): Promise<void>;
  /** What an address or a search such as `ytsearch:words` leads to. */
  load(identifier: string, options?: CommandOptions): Promise<LoadResult>;
  /** Searches a source by its prefix; `ytsearch` when left out. */
  search(query: string, source?: string, options?: CommandOptions): Promise<LoadResult>;
  /**
   * Calls an endpoint for which there is no method, such as a plugin's, and gives its JSON body; undefined for 204. Retried, except for
   * POST. Errors are those of every other call.
   */
  request(request: NodeRequest): Promise<unknown>;
  /** Joins a voice channel and gives the guild's player; moves there when it is in another. */
  join(options: JoinOptions): Promise<Player>;
  /** Leaves every channel, ends the nodes' sessions and closes the sockets; idempotent. With `keepPlaying` only closes sockets. */
  close(options?: LavalinkCloseOptions): Promise<void>;
}

/** Builds a {@link Lavalink}; `connect` opens it. Throws `LAVALINK_INVALID_ARGUMENT` without nodes, or for an address that is none. */
export function createLavalink(options: LavalinkOptions): Lavalink {
  const { nodes = nodesFromEnvironment(process.env) } = options;
  checkNodeAddresses(nodes);
  const { signaling, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const emitter = createEmitter<LavalinkEvent>();
  const emit = (event: LavalinkEvent) => {
    emitter.emit(event);
    if (eventChannel.hasSubscribers) publishEvent(event);
  };
  const players = new Map<GuildId, ManagedPlayer>();
  // Nobody else's events, nor those of an earlier run of this process, may be taken for ours.
  const runId = Array.from({ length: 8 }, () => random.integer(0, 35).toString(36)).join("");
  let playerCount = 0;
  let closing: Promise<void> | undefined;
  const ending = new AbortController();
  // Players whose joining has come to its end, and been told of; only they can be told to be gone.
  const announced = new WeakSet<ManagedPlayer>();
  const announce = (player: ManagedPlayer, wasRestored: boolean) => {
    announced.add(player);
    const { guildId, channelId, node } = player;
    emit({ type: "playerCreate", guildId, channelId, node, restored: wasRestored });
  };
  let restored: Promise<ReadonlyMap<string, string> | undefined> | undefined;

  const onNode = (node: Node, guildId: string): ManagedPlayer | undefined => {
    const player = players.get(guildId);
    return player?.owner === node ? player : undefined;
  };
  const listener: NodeListener = {
    becameReady(node, resumed) {
      emit({ type: "nodeReady", node: node.name, resumed });
      if (node.sessionId !== undefined) persistence?.keepSession(node.name, node.sessionId);
      void recovery.nodeReady(node, resumed);
    },
    interrupted(node) {
      for (const player of pool.playersOf(node)) player.hold();
    },
    becameLost(node, reason) {
      emit({ type: "nodeLost", node: node.name, reason });
      void recovery.nodeLost(node);
    },
    gaveUp(node, attempts) {
      emit({ type: "nodeGivenUp", node: node.name, attempts });
    },
    update: (node, update) => onNode(node, update.guildId)?.handleUpdate(update),
    event: (node, message) => onNode(node, message.guildId)?.handleEvent(message),
    unknown(node, data) {
      const { op, type, guildId } = data;
      const name = op === "event" && typeof type === "string" ? type : String(op);
      const about = typeof guildId === "string" ? (guildId as GuildId) : null;
      emit({ type: "nodeMessage", node: node.name, guildId: about, name, data });
    },
  };
  const settings = nodeSettings(options, clock, random, logger);
  const pool = createNodePool(
    nodes.map((address) => createNode(address, settings, listener)),
    { random, pooling: options.pooling ?? true },
  );
  const recovery = createRecovery({
    pool,
    logger,
    concurrency: options.recoveryConcurrency ?? 32,
    resumeTimeoutSeconds: options.resumeTimeoutSeconds ?? 60,
    clock,
    random,
    isAlive: (player) => players.get(player.guildId) === player,
  });
  const persistence =
    options.store === undefined
      ? undefined
      : createPersistence({
          store: options.store,
          clock,
          logger,
          capture(guildId) {
            const player = players.get(guildId);
            return player?.voice.channelId === undefined ? undefined : player.capture();
          },
        });
  const reportFailure = (guildId: GuildId, error: unknown) =>
    emit({ type: "playerError", guildId, error: toLavalinkError(error, `Player ${guildId}`) });

  const subscriptions = [
    signaling.onVoiceState((dispatch) => players.get(dispatch.guildId)?.voice.handleState(dispatch)),
    signaling.onVoiceServer((dispatch) => players.get(dispatch.guildId)?.voice.handleServer(dispatch)),
  ];

  const destroy = async (player: ManagedPlayer, reason: PlayerDestroyReason): Promise<void> => {
    const { guildId, owner } = player;
    if (players.get(guildId) !== player) return;
    players.delete(guildId);
    pool.remove(player);
    player.end();
    persistence?.forget(guildId);
    emit({ type: "voiceUpdate", guildId, channelId: null, endpoint: null });
    if (announced.has(player)) emit({ type: "playerDestroy", guildId, reason });
    const left = player.voice.close();
    const { sessionId } = owner;
    // A node that is gone is not waited for; its orphans are removed when it comes back.
    const deleted =
      sessionId === undefined || reason === "closed" ? undefined : owner.rest.deletePlayer(sessionId, guildId);
    for (const result of await Promise.allSettled([left, deleted])) {
      if (result.status === "rejected")
        logger.warn("A player was not cleared away", { guildId, error: String(result.reason) });
    }
  };

  const playerContext: PlayerContext = {
    clock,
    runId,
    queue: { ...options.queue, random },
    errorBudget: options.errorBudget ?? {},
    commandTimeoutMs: options.commandTimeoutMs ?? 30_000,
    emit,
    isHeard: (type) => emitter.listenerCount(type) > 0 || eventChannel.hasSubscribers,
    changed: (guildId, change) => persistence?.touch(guildId, change),
    destroy,
  };
  const voiceContext: VoiceLinkContext = {
    signaling,
    clock,
    timeoutMs: options.voiceTimeoutMs ?? 15_000,
    changed(guildId, credentials) {
      const { channelId, endpoint } = credentials;
      emit({ type: "voiceUpdate", guildId, channelId: channelId, endpoint });
      players.get(guildId)?.voiceChanged(credentials);
    },
    lost(guildId, error) {
      const player = players.get(guildId);
      reportFailure(guildId, error);
      if (player !== undefined) void destroy(player, "voiceLost");
    },
  };
  const createPlayerFor = (guildId: GuildId, node: Node): ManagedPlayer => {
    const voice = createVoiceLink(guildId, voiceContext);
    const player = createPlayer({ guildId, node, voice, ordinal: ++playerCount }, playerContext);
    players.set(guildId, player);
    pool.assign(player);
    return player;
  };

  const { silenceMs = 20_000 } = options;
  const watchdog =
    silenceMs > 0
      ? startWatchdog({
          clock,
          silenceMs,
          players: () => players.values(),
          emit,
          report: (player, error) => reportFailure(player.guildId, error),
        })
      : undefined;

  const checkOpen = () => {
    if (closing !== undefined) throw closedError();
  };
  const load = async (identifier: string, { signal }: CommandOptions = {}) => {
    checkOpen();
    return fromWireLoadResult(await pool.choose().rest.loadTracks(identifier, { signal }));
  };
  const nodeCalled = (name: string | undefined): Node => {
    const node = name === undefined ? pool.choose() : pool.nodes.find((each) => each.name === name);
    if (node !== undefined) return node;
    const known = pool.nodes.map((each) => each.name).join(", ");
    throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", `request: there is no node "${name}". Use one of: ${known}.`);
  };
  const request = async ({ method, path, query, body, node: name, signal }: NodeRequest) => {
    checkOpen();
    const node = nodeCalled(name);
    if (node.sessionId === undefined) {
      throw new LavalinkError("LAVALINK_NODE_LOST", `${method} ${path}: node "${node.name}" is gone.`, {
        retryable: true,
      });
    }
    const filled = path.replace("{sessionId}", encodeURIComponent(node.sessionId));
    const search = query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
    return node.rest.request({ method, path: filled + search, body, idempotent: method !== "POST", signal });
  };
  const restore = async () => {
    if (persistence === undefined) return undefined;
    const stored = await persistence.load();
    for (const { player: kept, queue } of stored.players) {
      const node = pool.nodes.find(({ name }) => name === kept.node) ?? pool.nodes[0];
      const guildId = kept.guildId as GuildId;
      if (node === undefined || players.has(guildId)) continue;
      const player = createPlayerFor(guildId, node);
      player.adopt(kept, queue);
      announce(player, true);
    }
    return stored.sessions;
  };
  const close = async ({ keepPlaying = false }: LavalinkCloseOptions) => {
    ending.abort(closedError());
    watchdog?.[Symbol.dispose]();
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
    if (keepPlaying) {
      await persistence?.flush();
      for (const player of players.values()) {
        player.end();
        player.voice.detach();
      }
      players.clear();
    }
    await Promise.all([...players.values()].map((player) => destroy(player, "closed")));
    await Promise.all(pool.nodes.map((node) => (keepPlaying ? node.close() : endNode(node))));
    await persistence?.flush();
    emitter.close();
  };
  const endNode = async (node: Node) => {
    persistence?.forgetSession(node.name);
    await closeNode(node);
  };

  return {
    on: emitter.on,
    events: emitter.events,
    players,
    get nodes() {
      return pool.nodes.map((node) => ({
        name: node.name,
        region: node.region,
        ready: node.ready,
        players: pool.playersOf(node).length,
        stats: node.stats,
      }));
    },
    async connect({ signal } = {}) {
      checkOpen();
      // Throws while the Discord client is not ready; nothing has begun then, and connecting may be tried again.
      settings.userId();
      restored ??= restore();
      const sessions = await restored.catch((error: unknown) => {
        // The store may answer the next time.
        restored = undefined;
        throw error;
      });
      const either = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
      either.throwIfAborted();
      const ready = firstReady(emitter, pool.nodes, either);
      for (const node of pool.nodes) node.connect(sessions?.get(node.name));
      await ready;
    },
    load,
    request,
    search: (query, source = "ytsearch", command = {}) => load(`${source}:${query}`, command),
    async join({ guildId, channelId, selfDeaf = true, region, signal }) {
      checkOpen();
      const existing = players.get(guildId);
      const player = existing ?? createPlayerFor(guildId, pool.choose(region));
      try {
        await player.voice.join(channelId, { selfDeaf, signal });
      } catch (error) {
        if (existing === undefined) await destroy(player, "voiceLost");
        throw error;
      }
      if (!announced.has(player)) announce(player, false);
      return player;
    },
    close(closeOptions = {}) {
      if (closeOptions.keepPlaying === true && persistence === undefined) {
        const message = "close: keepPlaying needs a store, from which the next run goes on. Give createLavalink one.";
        return Promise.reject(new LavalinkError("LAVALINK_INVALID_ARGUMENT", message));
      }
      return (closing ??= close(closeOptions));
    },
    [Symbol.asyncDispose]: () => (closing ??= close({})),
  };
}

function closedError(): LavalinkError {
  return new LavalinkError("LAVALINK_CLOSED", "This Lavalink client was closed. Create another.");
}

function nodeSettings(options: LavalinkOptions, clock: Clock, random: Random, logger: Logger): NodeSettings {
  return {
    userId: () => options.signaling.userId,
    clientName: options.clientName ?? "antiphon/0",
    requestTimeoutMs: options.requestTimeoutMs ?? 15_000,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 5_000,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    connections: options.connections ?? 16,
    reconnect: options.reconnect ?? {},
    clock,
    random,
    logger,
  };
}

/** Ends the session at once, which destroys its players on the node, and then the connection. */
async function closeNode(node: Node): Promise<void> {
  const { sessionId } = node;
  // A node that does not answer loses the session by its own time limit.
  if (sessionId !== undefined) await node.rest.configureResuming(sessionId, null).catch(() => {});
  await node.close();
}
