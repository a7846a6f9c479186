import type { Player } from "../player.ts";
import type { SessionSnapshot } from "./snapshot.ts";

/** Options of {@link restoreSnapshot}. */
export interface RestoreSnapshotOptions {
  /** Ends the waiting for the node; what was put onto the player by then stays. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts a snapshot's state onto a player: queue, loop, filters, volume, and the track where it was. What was played before is not restored.
 * Rejects as `player.play`, `player.setVolume` and `player.filters.set` do, and with `LAVALINK_QUEUE_FULL` where the queue is shorter.
 */
export async function restoreSnapshot(
  snapshot: SessionSnapshot,
  player: Player,
  { signal }: RestoreSnapshotOptions = {},
): Promise<void> {
  const { queue, filters } = player;
  const { current, positionMs, paused, volumePercent } = snapshot;
  queue.clear();
  queue.add(snapshot.upcoming);
  queue.loop = snapshot.loop;
  await filters.clear({ signal });
  for (const [layer, each] of snapshot.filters) await filters.set(layer, each, { signal });
  if (current === null) {
    await player.stop({ signal });
    await player.setVolume(volumePercent, { signal });
    return;
  }
  const start = current.info.isSeekable ? { positionMs } : {};
  await player.play(current, { ...start, paused, volumePercent, signal });
}
