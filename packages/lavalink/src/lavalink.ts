import type { ChannelId, GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import type { NodeStats } from "@antiphon/protocol/lavalink";
import {
  abortReason,
  createEmitter,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import type { ErrorBudgetOptions } from "./error-budget.ts";
import { LavalinkError, toLavalinkError } from "./error.ts";
import type { LavalinkEvent, PlayerDestroyReason } from "./event.ts";
import { fromWireLoadResult, type LoadResult } from "./load.ts";
import { createNodePool } from "./node-pool.ts";
import { createNode, type Node, type NodeAddress, type NodeListener, type NodeSettings } from "./node.ts";
import { createPlayer, type CommandOptions, type ManagedPlayer, type Player } from "./player.ts";
import { createQueue, type QueueOptions } from "./queue.ts";
import { createRecovery } from "./recovery.ts";
import { createVoiceLink } from "./voice-link.ts";

/** Options of {@link createLavalink}. */
export interface LavalinkOptions {
  /** At least one. */
  readonly nodes: readonly NodeAddress[];
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
  /** How many players are made anew at a time when a node is lost or comes back. Defaults to 32. */
  readonly recoveryConcurrency?: number;
  /** Bounds of every player's queue. */
  readonly queue?: Omit<QueueOptions, "random">;
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
  readonly signal?: AbortSignal | undefined;
}

/** A node as seen from outside. */
export interface NodeView {
  readonly name: string;
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
  /** Resolves when a first node is ready; the others go on connecting. `LAVALINK_NO_NODE` when every node refused. */
  connect(options?: CommandOptions): Promise<void>;
  /** What an address or a search such as `ytsearch:words` leads to. */
  load(identifier: string, options?: CommandOptions): Promise<LoadResult>;
  /** Searches a source by its prefix; `ytsearch` when left out. */
  search(query: string, source?: string, options?: CommandOptions): Promise<LoadResult>;
  /** Joins a voice channel and gives the guild's player; moves there when it is in another. */
  join(options: JoinOptions): Promise<Player>;
  /** Leaves every channel, ends the nodes' sessions and closes the sockets; idempotent. */
  close(): Promise<void>;
}

/** Builds a {@link Lavalink}; `connect` opens it. Throws `LAVALINK_INVALID_ARGUMENT` without nodes. */
export function createLavalink(options: LavalinkOptions): Lavalink {
  if (options.nodes.length === 0) {
    throw new LavalinkError("LAVALINK_INVALID_ARGUMENT", "createLavalink: nodes is empty. Name at least one.");
  }
  const { signaling, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const emitter = createEmitter<LavalinkEvent>();
  const players = new Map<GuildId, ManagedPlayer>();
  // Nobody else's events, nor those of an earlier run of this process, may be taken for ours.
  const runId = Array.from({ length: 8 }, () => random.integer(0, 35).toString(36)).join("");
  let playerCount = 0;
  let closing: Promise<void> | undefined;

  const onNode = (node: Node, guildId: string): ManagedPlayer | undefined => {
    const player = players.get(guildId as GuildId);
    return player?.owner === node ? player : undefined;
  };
  const listener: NodeListener = {
    becameReady(node, resumed) {
      emitter.emit({ type: "nodeReady", node: node.name, resumed });
      void recovery.nodeReady(node, resumed);
    },
    interrupted(node) {
      for (const player of pool.playersOf(node)) player.hold();
    },
    becameLost(node, reason) {
      emitter.emit({ type: "nodeLost", node: node.name, reason });
      void recovery.nodeLost(node);
    },
    update: (node, message) => onNode(node, message.guildId)?.handleUpdate(message.state),
    event: (node, message) => onNode(node, message.guildId)?.handleEvent(message),
  };
  const settings = nodeSettings(options, clock, random, logger);
  const pool = createNodePool(options.nodes.map((address) => createNode(address, settings, listener)));
  const recovery = createRecovery({
    pool,
    logger,
    concurrency: options.recoveryConcurrency ?? 32,
    resumeTimeoutSeconds: options.resumeTimeoutSeconds ?? 60,
    clock,
    random,
    isAlive: (player) => players.get(player.guildId) === player,
  });
  const reportFailure = (guildId: GuildId, error: unknown) =>
    emitter.emit({ type: "playerError", guildId, error: toLavalinkError(error, `Player ${guildId}`) });

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
    emitter.emit({ type: "playerDestroy", guildId, reason });
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

  const createPlayerFor = (guildId: GuildId): ManagedPlayer => {
    const node = pool.choose();
    const voice = createVoiceLink({
      guildId,
      signaling,
      clock,
      timeoutMs: options.voiceTimeoutMs ?? 15_000,
      changed: (credentials) => player.voiceChanged(credentials),
      lost(error) {
        reportFailure(guildId, error);
        void destroy(player, "voiceLost");
      },
    });
    const player: ManagedPlayer = createPlayer({
      guildId,
      node,
      queue: createQueue({ ...options.queue, random }),
      voice,
      clock,
      noncePrefix: `${runId}.${++playerCount}`,
      errorBudget: options.errorBudget ?? {},
      commandTimeoutMs: options.commandTimeoutMs ?? 30_000,
      emit: emitter.emit,
      destroy: (reason) => destroy(player, reason),
    });
    players.set(guildId, player);
    pool.assign(player);
    return player;
  };

  const checkOpen = () => {
    if (closing !== undefined)
      throw new LavalinkError("LAVALINK_CLOSED", "This Lavalink client was closed. Create another.");
  };
  const load = async (identifier: string, { signal }: CommandOptions = {}) => {
    checkOpen();
    return fromWireLoadResult(await pool.choose().rest.loadTracks(identifier, { signal }));
  };
  const close = async () => {
    for (const subscription of subscriptions) subscription[Symbol.dispose]();
    await Promise.all([...players.values()].map((player) => destroy(player, "closed")));
    await Promise.all(pool.nodes.map(closeNode));
    emitter.close();
  };

  return {
    on: emitter.on,
    events: emitter.events,
    players,
    get nodes() {
      return pool.nodes.map((node) => ({
        name: node.name,
        ready: node.ready,
        players: pool.playersOf(node).length,
        stats: node.stats,
      }));
    },
    async connect({ signal } = {}) {
      checkOpen();
      const ready = firstReady(emitter, pool.nodes, signal);
      for (const node of pool.nodes) node.connect();
      await ready;
    },
    load,
    search: (query, source = "ytsearch", command = {}) => load(`${source}:${query}`, command),
    async join({ guildId, channelId, selfDeaf = true, signal }) {
      checkOpen();
      const existing = players.get(guildId);
      const player = existing ?? createPlayerFor(guildId);
      try {
        await player.voice.join(channelId, { selfDeaf, signal });
      } catch (error) {
        if (existing === undefined) await destroy(player, "voiceLost");
        throw error;
      }
      if (existing === undefined) emitter.emit({ type: "playerCreate", guildId, channelId, node: player.node });
      return player;
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

function nodeSettings(options: LavalinkOptions, clock: Clock, random: Random, logger: Logger): NodeSettings {
  return {
    userId: () => options.signaling.userId,
    clientName: options.clientName ?? "antiphon/0",
    requestTimeoutMs: options.requestTimeoutMs ?? 15_000,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? 5_000,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    connections: options.connections ?? 16,
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

function firstReady(
  source: EventSource<LavalinkEvent>,
  nodes: readonly Node[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (nodes.some((node) => node.ready)) return Promise.resolve();
  if (signal?.aborted === true) return Promise.reject(abortReason(signal));
  const reasons = new Map<string, string>();
  return new Promise((resolve, reject) => {
    const subscriptions = [
      source.on("nodeReady", () => settle(resolve)),
      source.on("nodeLost", ({ node, reason }) => {
        reasons.set(node, reason);
        if (reasons.size === nodes.length) settle(() => reject(noNode(reasons)));
      }),
    ];
    const settle = (how: () => void) => {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
      signal?.removeEventListener("abort", onAbort);
      how();
    };
    const onAbort = () => settle(() => reject(abortReason(signal as AbortSignal)));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function noNode(reasons: ReadonlyMap<string, string>): LavalinkError {
  const list = [...reasons].map(([node, reason]) => `${node}: ${reason}`).join("; ");
  const message = `connect: no Lavalink node could be reached (${list}). Check host, port and password; it keeps trying where that can help.`;
  return new LavalinkError("LAVALINK_NO_NODE", message, {
    retryable: true,
    details: { reasons: Object.fromEntries(reasons) },
  });
}
