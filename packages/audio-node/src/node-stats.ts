import { availableParallelism, loadavg, totalmem } from "node:os";
import type { NodeStats } from "@antiphon/protocol/lavalink";
import type { Clock } from "@antiphon/std";
import type { Session } from "./session.ts";

/** Reads how loaded the node is. */
export interface StatsReader {
  /** `withFrames` adds the means of the frames since the last call with it; only the WebSocket sends them. */
  read(sessions: readonly Session[], withFrames: boolean): NodeStats;
}

/** Frames that a player sends in a minute. */
const FRAMES_PER_MINUTE = 3000;

/** Builds a {@link StatsReader}. */
export function createStatsReader(clock: Clock): StatsReader {
  const startedMs = clock.monotonicMs();
  const cores = availableParallelism();
  let cpuAtMs = startedMs;
  let cpuUsage = process.cpuUsage();
  let lavalinkLoad = 0;
  // Per link, what was counted when the last minute was reported.
  let counted = new WeakMap<object, { readonly sent: number; readonly missed: number }>();

  const readLoad = () => {
    const nowMs = clock.monotonicMs();
    // Over less than a second the figure would be noise.
    if (nowMs - cpuAtMs >= 1000) {
      const { user, system } = process.cpuUsage(cpuUsage);
      lavalinkLoad = Math.min(1, (user + system) / 1000 / (nowMs - cpuAtMs) / cores);
      cpuUsage = process.cpuUsage();
      cpuAtMs = nowMs;
    }
    return { cores, systemLoad: Math.min(1, (loadavg()[0] ?? 0) / cores), lavalinkLoad };
  };
  const readFrames = (sessions: readonly Session[]): NodeStats["frameStats"] => {
    const next: typeof counted = new WeakMap();
    let links = 0;
    let sent = 0;
    let nulled = 0;
    for (const player of sessions.flatMap((session) => [...session.players.values()])) {
      const { link } = player;
      if (link === undefined) continue;
      const now = link.frames;
      const before = counted.get(link);
      next.set(link, now);
      // A link is counted from its first whole minute on.
      if (before === undefined || !player.isPlaying) continue;
      links++;
      sent += now.sent - before.sent;
      nulled += now.missed - before.missed;
    }
    counted = next;
    if (links === 0) return null;
    const mean = (total: number) => Math.round(total / links);
    return { sent: mean(sent), nulled: mean(nulled), deficit: FRAMES_PER_MINUTE - mean(sent) - mean(nulled) };
  };
  return {
    read(sessions, withFrames) {
      const players = sessions.flatMap((session) => [...session.players.values()]);
      const { heapUsed, heapTotal, rss } = process.memoryUsage();
      return {
        players: players.length,
        playingPlayers: players.filter((player) => player.isPlaying).length,
        uptime: Math.round(clock.monotonicMs() - startedMs),
        memory: { free: heapTotal - heapUsed, used: heapUsed, allocated: rss, reservable: totalmem() },
        cpu: readLoad(),
        frameStats: withFrames ? readFrames(sessions) : null,
      };
    },
  };
}
