import type { WorkerPlayers } from "@antiphon/bridge/discord";
import type { Lavalink } from "@antiphon/lavalink";
import { decodeSnapshot, encodeSnapshot, restoreSnapshot, takeSnapshot } from "@antiphon/lavalink/snapshots";
import type { GuildId } from "@antiphon/protocol/discord";
import type { Clock, Logger } from "@antiphon/std";

/** Options of {@link movePlayers}. */
export interface MovePlayersOptions {
  readonly lavalink: Lavalink;
  readonly players: WorkerPlayers;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps each player's state on the bus, and takes over the players of guilds that come from a worker that died. Disposing ends it. */
export function movePlayers({ lavalink, players, clock, logger }: MovePlayersOptions): Disposable {
  const ending = new AbortController();
  const { signal } = ending;
  const save = ({ guildId }: { readonly guildId: GuildId }) => {
    const player = lavalink.players.get(guildId);
    if (player === undefined) return;
    players.save(guildId, encodeSnapshot(takeSnapshot(player, clock.now()))).catch((error: unknown) => {
      if (!signal.aborted) logger.warn("a player's state was not kept", { guildId, error });
    });
  };
  lavalink.on("trackStart", save, { signal });
  lavalink.on("trackEnd", save, { signal });
  lavalink.on("playerUpdate", save, { signal });
  lavalink.on(
    "playerDestroy",
    ({ guildId }) => {
      players.remove(guildId).catch((error: unknown) => {
        if (!signal.aborted) logger.warn("a player's state was not removed", { guildId, error });
      });
    },
    { signal },
  );
  const serving = players.serve({
    async resume(guildId, state) {
      if (typeof state !== "string" || lavalink.players.has(guildId)) return;
      const snapshot = decodeSnapshot(state, "the bus");
      const player = await lavalink.join({
        guildId,
        channelId: snapshot.channelId,
        selfDeaf: true,
        signal,
      });
      await restoreSnapshot(snapshot, player, { signal });
      logger.info("a player has moved here", { guildId, title: player.current?.info.title });
    },
    async suspend(guildId) {
      await lavalink.players.get(guildId)?.stop();
    },
  });
  return {
    [Symbol.dispose]() {
      ending.abort();
      serving[Symbol.dispose]();
    },
  };
}
