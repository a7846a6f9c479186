import type { Client } from "@antiphon/core";
import type { Lavalink } from "@antiphon/lavalink";
import type { GuildId } from "@antiphon/protocol/discord";
import { type Clock, type Logger, type Timer } from "@antiphon/std";
import type { Listeners } from "./listeners.ts";

/** Options of {@link leaveWhenIdle}. */
export interface IdleLeaveOptions {
  readonly client: Pick<Client, "on">;
  readonly lavalink: Lavalink;
  readonly listeners: Listeners;
  /** How long to stay with nothing to play, or with nobody to hear it. */
  readonly idleLeaveMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Leaves a voice channel after it was empty, or silent, for long enough. Disposing it ends that. */
export function leaveWhenIdle(options: IdleLeaveOptions): Disposable {
  const { client, lavalink, listeners, idleLeaveMs, clock, logger } = options;
  const timers = new Map<GuildId, Timer>();
  const ending = new AbortController();
  const { signal } = ending;

  const isIdle = (guildId: GuildId): boolean => {
    const player = lavalink.players.get(guildId);
    if (player === undefined) return false;
    return player.current === null || listeners.in(guildId, player.channelId).length === 0;
  };
  const leave = (guildId: GuildId) => {
    timers.delete(guildId);
    if (!isIdle(guildId)) return;
    logger.info("left an idle voice channel", { guildId });
    const left = lavalink.players.get(guildId)?.leave();
    left?.catch((error: unknown) => logger.warn("leaving failed", { guildId, error }));
  };
  const look = (guildId: GuildId) => {
    if (!isIdle(guildId)) {
      timers.get(guildId)?.cancel();
      timers.delete(guildId);
    } else if (!timers.has(guildId)) {
      timers.set(
        guildId,
        clock.setTimer(idleLeaveMs, () => leave(guildId)),
      );
    }
  };

  for (const type of ["playerCreate", "playerDestroy", "queueEmpty", "trackStart"] as const) {
    lavalink.on(type, ({ guildId }) => look(guildId), { signal });
  }
  client.on(
    "voiceStateUpdate",
    ({ data }) => {
      if (data.guild_id !== undefined) look(data.guild_id);
    },
    { signal },
  );
  return {
    [Symbol.dispose]() {
      ending.abort();
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    },
  };
}
