import type { Random } from "@antiphon/std";
import { decisionChannel, publishDecision } from "./diagnostics.ts";
import { LavalinkError } from "./error.ts";
import type { Node } from "./node.ts";
import { penaltiesOf } from "./penalties.ts";
import type { ManagedPlayer } from "./player.ts";

/** The nodes of a client, and which player is on which. */
export interface NodePool {
  readonly nodes: readonly Node[];
  /**
   * A node for a new player: of the region if one of it is ready, of the highest priority among those, and of two picked by chance the
   * one with less penalty, so that many clients do not all run to the same node. Throws `LAVALINK_NO_NODE`.
   */
  choose(region?: string): Node;
  /** Every ready node, the highest priority and then the least loaded first. */
  ready(): readonly Node[];
  /** Notes that a player is on its node now. */
  assign(player: ManagedPlayer): void;
  remove(player: ManagedPlayer): void;
  playersOf(node: Node): readonly ManagedPlayer[];
}

/** What {@link createNodePool} is built from. */
export interface NodePoolOptions {
  readonly random: Random;
  /** Whether load decides among equals, or the order of the nodes. */
  readonly pooling: boolean;
}

/** Builds a {@link NodePool}. */
export function createNodePool(nodes: readonly Node[], { random, pooling }: NodePoolOptions): NodePool {
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
      .toSorted((left, right) => right.node.priority - left.node.priority || left.penalty - right.penalty)
      .map(({ node }) => node);
  /** Sorted by penalty, so the earlier of two picks is the better one. */
  const pickOfTwo = (peers: readonly Node[]): Node | undefined => {
    const [index = 0] = random
      .shuffle([...peers.keys()])
      .slice(0, 2)
      .toSorted((left, right) => left - right);
    return peers[index];
  };
  const noNode = () => {
    const names = nodes.map(({ name }) => name).join(", ");
    const message = `No Lavalink node is ready (${names}). Check that one runs and that connect() has resolved.`;
    // Not in the message, which a bot may show to people: they hold addresses.
    const reasons = Object.fromEntries(nodes.map(({ name, lostReason }) => [name, lostReason ?? "not connected yet"]));
    return new LavalinkError("LAVALINK_NO_NODE", message, { retryable: true, details: { reasons } });
  };
  const tellChoice = (chosen: Node, region: string | undefined, all: readonly Node[]) => {
    const candidates = all.map((node) => ({
      node: node.name,
      region: node.region ?? null,
      priority: node.priority,
      penalty: penalty(node),
    }));
    publishDecision({ kind: "node", chosen: chosen.name, region: region ?? null, candidates });
  };
  const remove = (player: ManagedPlayer) => {
    const node = nodeOf.get(player);
    if (node !== undefined) players.get(node)?.delete(player);
    nodeOf.delete(player);
  };

  return {
    nodes,
    ready,
    choose(region) {
      const all = ready();
      const inRegion = all.filter((node) => node.region === region);
      const preferred = region !== undefined && inRegion.length > 0 ? inRegion : all;
      const [first] = preferred;
      if (first === undefined) throw noNode();
      const peers = preferred.filter((node) => node.priority === first.priority);
      const chosen = pooling ? pickOfTwo(peers) : nodes.find((node) => peers.includes(node));
      if (decisionChannel.hasSubscribers) tellChoice(chosen ?? first, region, all);
      return chosen ?? first;
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
