import { LavalinkError } from "./error.ts";
import type { Node } from "./node.ts";
import { penaltiesOf } from "./penalties.ts";
import type { ManagedPlayer } from "./player.ts";

/** The nodes of a client, and which player is on which. */
export interface NodePool {
  readonly nodes: readonly Node[];
  /** The ready node with the least penalty. Throws `LAVALINK_NO_NODE`. */
  choose(): Node;
  /** Every ready node, the least loaded first. */
  ready(): readonly Node[];
  /** Notes that a player is on its node now. */
  assign(player: ManagedPlayer): void;
  remove(player: ManagedPlayer): void;
  playersOf(node: Node): readonly ManagedPlayer[];
}

/** Builds a {@link NodePool}. */
export function createNodePool(nodes: readonly Node[]): NodePool {
  const players = new Map<Node, Set<ManagedPlayer>>(nodes.map((node) => [node, new Set()]));
  const nodeOf = new Map<ManagedPlayer, Node>();

  const penalty = (node: Node) =>
    penaltiesOf({
      stats: node.stats,
      playingPlayers: players.get(node)?.size ?? 0,
      inFlight: node.rest.inFlight,
    });
  const ready = () =>
    nodes
      .filter((node) => node.ready)
      .map((node) => ({ node, penalty: penalty(node) }))
      .toSorted((left, right) => left.penalty - right.penalty)
      .map(({ node }) => node);
  const remove = (player: ManagedPlayer) => {
    const node = nodeOf.get(player);
    if (node !== undefined) players.get(node)?.delete(player);
    nodeOf.delete(player);
  };

  return {
    nodes,
    ready,
    choose() {
      const best = ready()[0];
      if (best !== undefined) return best;
      const names = nodes.map((node) => node.name).join(", ");
      const message = `No Lavalink node is ready (${names}). Check that one runs and that connect() has resolved.`;
      throw new LavalinkError("LAVALINK_NO_NODE", message, { retryable: true });
    },
    assign(player) {
      remove(player);
      nodeOf.set(player, player.owner);
      players.get(player.owner)?.add(player);
    },
    remove,
    playersOf: (node) => [...(players.get(node) ?? [])],
  };
}
