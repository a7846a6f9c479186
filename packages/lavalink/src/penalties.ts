import type { NodeStats } from "@antiphon/protocol/lavalink";

/** What is known about a node's load. */
export interface NodeLoad {
  /** What the node said last, at most a minute ago. */
  readonly stats: NodeStats | undefined;
  /** How many of our players play there, by our own count. */
  readonly playingPlayers: number;
  /** How many commands to it wait for their answer. */
  readonly inFlight: number;
}

const FRAMES_A_MINUTE = 3000;

function framePenalty(frames: number): number {
  return 1.03 ** ((500 * Math.max(0, frames)) / FRAMES_A_MINUTE) * 600 - 600;
}

/**
 * How unwelcome a new player is on a node. Statistics come once a minute, so our own counts, which are of this moment, stop
 * a burst of joins from landing on one node.
 *
 * @see Penalties.kt, lavalink-client (the official Java client); its baselines of -100 and -10 are left out
 */
export function penaltiesOf(load: NodeLoad): number {
  const { stats } = load;
  const players = Math.max(stats?.playingPlayers ?? 0, load.playingPlayers) + load.inFlight;
  if (stats === undefined) return players;
  const cpu = 1.05 ** (100 * stats.cpu.systemLoad) * 10 - 10;
  const frames = stats.frameStats;
  if (frames === null || frames === undefined) return players + cpu;
  return players + cpu + framePenalty(frames.deficit) + 2 * framePenalty(frames.nulled);
}
