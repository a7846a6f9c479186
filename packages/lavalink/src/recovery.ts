import type { WirePlayer } from "@antiphon/protocol/lavalink";
import type { GuildId } from "@antiphon/protocol/discord";
import { createBackoff, describeError, type Clock, type Logger, type Random } from "@antiphon/std";
import { hasCode } from "./error.ts";
import { forEachLimited } from "./limited.ts";
import type { NodePool } from "./node-pool.ts";
import type { Node } from "./node.ts";
import type { ManagedPlayer } from "./player.ts";

/** What {@link createRecovery} is built from. */
export interface RecoveryOptions {
  readonly pool: NodePool;
  readonly logger: Logger;
  /** As many players of a node are made anew at a time. */
  readonly concurrency: number;
  readonly resumeTimeoutSeconds: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a player has not left meanwhile. */
  isAlive(player: ManagedPlayer): boolean;
}

/** Brings players through the loss and the return of nodes, with one PATCH each. */
export interface Recovery {
  /** A node is ready: its players are taken up or made anew, its orphans removed, and players without a node come to it. */
  nodeReady(node: Node, resumed: boolean): Promise<void>;
  /** A node is lost: its players move to the others, or wait where none is ready. */
  nodeLost(node: Node): Promise<void>;
}

/** When every ready node refused a player so often, with growing pauses, its track is given up. */
const PLACE_RETRIES = 5;

/** Builds a {@link Recovery}. */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { pool, logger, concurrency, clock, random } = options;

  const forEach = (players: readonly ManagedPlayer[], task: (player: ManagedPlayer) => Promise<void>) =>
    forEachLimited(players, concurrency, task, (player, error) => {
      // Whoever left meanwhile needs no node. The others are looked after when they stay silent.
      if (!options.isAlive(player)) return;
      logger.warn("A player was not brought back", { guildId: player.guildId, error: describeError(error) });
    });

  // The latest attempt to place a player; an older one that is still waiting gives way to it.
  const placing = new WeakMap<ManagedPlayer, symbol>();

  /** Makes a player anew on the first node that takes it; gives the last refusal when none does. */
  const tryNodes = async (player: ManagedPlayer, first: Node, isLatest: () => boolean): Promise<unknown> => {
    const tried = new Set<Node>();
    let failure: unknown;
    for (let target: Node | undefined = first; target !== undefined && isLatest();) {
      tried.add(target);
      try {
        const done = player.recover(target);
        pool.assign(player);
        await done;
        return undefined;
      } catch (error) {
        failure = error;
        if (!isLatest()) return undefined;
        player.hold();
        await clear(target, player.guildId);
      }
      target = pool.ready().find((node) => !tried.has(node));
    }
    return failure;
  };
  /** A node that answered with an error may have taken the player all the same. */
  const clear = async (node: Node, guildId: GuildId): Promise<void> => {
    const { sessionId } = node;
    if (sessionId === undefined) return;
    await node.rest.deletePlayer(sessionId, guildId).catch((error: unknown) => {
      logger.warn("A player may have stayed on a Lavalink node", {
        node: node.name,
        guildId,
        error: describeError(error),
      });
    });
  };
  const place = async (player: ManagedPlayer, first: Node): Promise<void> => {
    const attempt = Symbol(player.guildId);
    const isLatest = () => placing.get(player) === attempt && options.isAlive(player);
    placing.set(player, attempt);
    let backoff = createBackoff({ random });
    for (let target: Node | undefined = first; target !== undefined && isLatest(); target = pool.ready()[0]) {
      const failure = await tryNodes(player, target, isLatest);
      if (failure === undefined || !isLatest()) return;
      if (backoff.attempt === PLACE_RETRIES || hasCode(failure, "LAVALINK_BAD_REQUEST")) {
        player.abandon(failure);
        return;
      }
      await clock.sleep(backoff.delayMs);
      backoff = backoff.next();
    }
  };

  const takeUp = async (node: Node, sessionId: string, players: readonly ManagedPlayer[]): Promise<void> => {
    const known = new Map<string, WirePlayer>();
    for (const player of await node.rest.players(sessionId)) known.set(player.guildId, player);
    await forEach(players, async (player) => {
      const wire = known.get(player.guildId);
      known.delete(player.guildId);
      if (wire === undefined) {
        await place(player, node);
        return;
      }
      // It is here after all: an attempt to place it that still waits must not move it.
      placing.delete(player);
      await player.reconcile(wire);
    });
    // What moved away while the node was gone still plays there.
    const orphans = [...known.keys()].filter((guildId) => !pool.playersOf(node).some((own) => own.guildId === guildId));
    await Promise.all(orphans.map((guildId) => clear(node, guildId as GuildId)));
  };

  const makeAnew = (node: Node, players: readonly ManagedPlayer[]) => forEach(players, (player) => place(player, node));
  const takeStranded = async (node: Node) => {
    const stranded = pool.nodes.filter((other) => other.lost).flatMap((other) => pool.playersOf(other));
    await forEach(stranded, (player) => place(player, node));
  };

  return {
    async nodeReady(node, resumed) {
      const { sessionId } = node;
      if (sessionId === undefined) return;
      // Players that join from now on begin in this session; only those of the one before are taken up or made anew.
      const before = pool.playersOf(node);
      const remaining = () => {
        const still = new Set(pool.playersOf(node));
        return before.filter((player) => still.has(player));
      };
      try {
        await node.rest.configureResuming(sessionId, options.resumeTimeoutSeconds);
      } catch (error) {
        logger.warn("A Lavalink node does not keep sessions", { node: node.name, error: describeError(error) });
      }
      // The socket may have dropped again; then the next session brings its own recovery.
      if (node.sessionId !== sessionId) return;
      try {
        if (resumed) await takeUp(node, sessionId, remaining());
        else await makeAnew(node, remaining());
      } catch (error) {
        logger.warn("The players of a resumed Lavalink session cannot be read", {
          node: node.name,
          error: describeError(error),
        });
        if (node.sessionId === sessionId) await makeAnew(node, remaining());
      }
      await takeStranded(node);
    },
    async nodeLost(node) {
      const players = pool.playersOf(node);
      for (const player of players) player.hold();
      await forEach(players, async (player) => {
        const target = pool.ready()[0];
        if (target !== undefined) await place(player, target);
      });
    },
  };
}
