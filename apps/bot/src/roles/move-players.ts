import type { WorkerPlayers } from "@antiphon/bridge/discord";
import type { Client } from "@antiphon/core";
import type { Lavalink, Player } from "@antiphon/lavalink";
import { restoreSnapshot, takeSnapshot } from "@antiphon/lavalink/snapshots";
import type { GuildId, VoiceSignaling } from "@antiphon/protocol/discord";
import { describeError, isAntiphonError, waitFor, type Clock, type Logger } from "@antiphon/std";
import type { Listeners } from "../music/listeners.ts";
import type { PlayRecorder } from "../music/play-history.ts";
import type { Arrivals } from "./arrivals.ts";
import { decodeMovedPlayer, encodeMovedPlayer, type MovedPlayer } from "./moved-player.ts";
import type { PlayerChanges } from "./player-changes.ts";

/** Options of {@link movePlayers}. */
export interface MovePlayersOptions {
  readonly client: Pick<Client, "on">;
  readonly lavalink: Lavalink;
  readonly signaling: VoiceSignaling;
  readonly players: WorkerPlayers;
  readonly changes: PlayerChanges;
  readonly arrivals: Arrivals;
  readonly plays: PlayRecorder;
  readonly listeners: Listeners;
  /** How old a player's state may be: for longer the bot would not have stayed either. */
  readonly staleMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Discord takes 120 commands a minute on a shard, so the players of a large worker do not all join at once. */
const ATTEMPTS = 6;
const RETRY_MS = 10_000;

/**
 * Keeps each player's state on the bus, takes over the players of guilds that come from another worker, and lets go of those that leave.
 * Disposing keeps the latest state of all, for whoever runs them next.
 */
export function movePlayers(options: MovePlayersOptions): AsyncDisposable {
  const { client, lavalink, players, changes, plays, listeners } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const keeper = createKeeper(options);
  const handlers = createHandlers({ ...options, signal }, keeper);

  const told = changes.listen(keeper.save);
  lavalink.on("playerUpdate", ({ guildId }) => void keeper.save(guildId), { signal });
  client.on("voiceStateUpdate", ({ data }) => void (data.guild_id !== undefined && keeper.save(data.guild_id)), {
    signal,
  });
  lavalink.on(
    "playerDestroy",
    ({ guildId }) => {
      listeners.forget(guildId);
      if (!handlers.isMoving(guildId)) void keeper.remove(guildId);
    },
    { signal },
  );
  const serving = players.serve(handlers);
  return {
    async [Symbol.asyncDispose]() {
      serving[Symbol.dispose]();
      ending.abort();
      told[Symbol.dispose]();
      await Promise.all([...lavalink.players.keys()].map(keeper.save));
      for (const guildId of lavalink.players.keys()) plays.release(guildId);
    },
  };
}

type Keeper = ReturnType<typeof createKeeper>;

/** What takes players over and lets go of them. */
function createHandlers(options: TakeOverOptions, keeper: Keeper) {
  const { lavalink, arrivals, plays, logger, signal } = options;
  const suspending = new Set<GuildId>();
  const arriving = new Map<GuildId, AbortController>();
  return {
    async resume(guildId: GuildId, state: unknown): Promise<void> {
      const leaving = new AbortController();
      arriving.set(guildId, leaving);
      const either = AbortSignal.any([signal, leaving.signal]);
      try {
        await arrivals.run(guildId, () => takeOverInTime(guildId, state, { ...options, signal: either }));
        await keeper.save(guildId);
      } catch (error) {
        // It stays in the table for whoever has the guild next.
        if (either.aborted) return;
        logger.warn("a player could not move here and is over", { guildId, error: describeError(error) });
        await keeper.remove(guildId);
      } finally {
        if (arriving.get(guildId) === leaving) arriving.delete(guildId);
      }
    },
    async suspend(guildId: GuildId): Promise<void> {
      suspending.add(guildId);
      arriving.get(guildId)?.abort(new Error("the guild goes to another process"));
      try {
        plays.release(guildId);
        await keeper.idle(guildId);
        await lavalink.players.get(guildId)?.leave();
      } finally {
        suspending.delete(guildId);
      }
    },
    /** Whether a player that ends here at this moment goes on elsewhere, or will be made anew. */
    isMoving: (guildId: GuildId) => suspending.has(guildId) || arrivals.has(guildId),
  };
}

/** Writes states down: one write of each player at a time, and after it the latest. */
function createKeeper(options: MovePlayersOptions) {
  const { lavalink, players, arrivals, logger } = options;
  const writing = new Map<GuildId, { again: boolean; readonly done: Promise<void> }>();
  const failing = new Set<GuildId>();

  const write = async (guildId: GuildId): Promise<void> => {
    const player = lavalink.players.get(guildId);
    // A player that is arriving is kept as it was until it is here as a whole.
    if (player === undefined || arrivals.has(guildId) || !players.owns(guildId)) return;
    try {
      await players.save(guildId, await encodeMovedPlayer(stateOf(player, options)));
      if (failing.delete(guildId)) logger.info("a player's state is kept again", { guildId });
    } catch (error) {
      if (isAntiphonError(error, "BRIDGE_LEASE_LOST")) return;
      if (!failing.has(guildId)) logger.warn("a player's state is not kept", { guildId, error: describeError(error) });
      failing.add(guildId);
    }
  };
  const writeAll = async (guildId: GuildId): Promise<void> => {
    do {
      const current = writing.get(guildId);
      if (current !== undefined) current.again = false;
      await write(guildId);
    } while (writing.get(guildId)?.again === true);
    writing.delete(guildId);
  };
  return {
    save(guildId: GuildId): Promise<void> {
      const current = writing.get(guildId);
      if (current !== undefined) {
        current.again = true;
        return current.done;
      }
      if (!lavalink.players.has(guildId)) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      writing.set(guildId, { again: false, done: promise });
      void writeAll(guildId).then(resolve);
      return promise;
    },
    /** Resolves when nothing is being written of a player. */
    async idle(guildId: GuildId): Promise<void> {
      await writing.get(guildId)?.done;
    },
    /** Forgets a player that is over, once what is being written of it has been. */
    async remove(guildId: GuildId): Promise<void> {
      failing.delete(guildId);
      await writing.get(guildId)?.done;
      if (lavalink.players.has(guildId) || !players.owns(guildId)) return;
      await players.remove(guildId).catch((error: unknown) => {
        logger.warn("a player's state was not removed", { guildId, error: describeError(error) });
      });
    },
  };
}

function stateOf(player: Player, { plays, listeners, clock }: MovePlayersOptions): MovedPlayer {
  const { guildId, channelId } = player;
  return {
    snapshot: takeSnapshot(player, clock.now()),
    listen: plays.listenOf(guildId) ?? null,
    listeners: listeners.in(guildId, channelId).map((userId) => ({ userId, channelId })),
  };
}

type TakeOverOptions = MovePlayersOptions & { readonly signal: AbortSignal };

async function takeOverInTime(guildId: GuildId, state: unknown, options: TakeOverOptions): Promise<void> {
  const { players, clock, signal } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await takeOver(guildId, state, options);
    } catch (error) {
      const mayRepeat = isAntiphonError(error) && error.retryable && attempt < ATTEMPTS && players.owns(guildId);
      if (!mayRepeat) throw error;
      await clock.sleep(RETRY_MS, { signal });
    }
  }
}

async function takeOver(guildId: GuildId, state: unknown, options: TakeOverOptions): Promise<void> {
  const { lavalink, signaling, plays, listeners, staleMs, clock, logger, signal } = options;
  const { snapshot, listen, listeners: present } = await decodeMovedPlayer(state);
  if (clock.now() - snapshot.takenMs > staleMs) throw new Error("its state is too old");
  // A fresh process gets guilds before its audio node is connected.
  if (!lavalink.nodes.some(({ ready }) => ready))
    await waitFor(lavalink, "nodeReady", { signal: AbortSignal.any([signal, AbortSignal.timeout(staleMs)]) });
  listeners.carry(guildId, present);
  const known = lavalink.players.get(guildId);
  if (known !== undefined) {
    // Somebody was faster and has begun another: what was to be heard comes after it.
    const tracks = [...(snapshot.current === null ? [] : [snapshot.current]), ...snapshot.upcoming];
    known.queue.add(tracks);
    return;
  }
  // The bot may still be in the channel for the process that died. Only who comes anew gets a voice server, and what a node still plays
  // for that process falls silent.
  await signaling.updateVoiceState({ guildId, channelId: null, selfMute: false, selfDeaf: true });
  if (listen !== null) plays.carry(guildId, listen);
  const player = await lavalink.join({ guildId, channelId: snapshot.channelId, selfDeaf: true, signal });
  try {
    await restoreSnapshot(snapshot, player, { signal });
  } catch (error) {
    // A second attempt begins anew, and takes nothing of this one for somebody else's.
    await player.leave();
    throw error;
  }
  logger.info("a player has moved here", { guildId, title: player.current?.info.title });
}
