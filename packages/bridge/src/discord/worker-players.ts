import type { GuildId } from "@antiphon/protocol/discord";
import { describeError, toDisposable, type Logger } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { KeyValueEntry, KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { isBridgeFailure } from "./lease.ts";

/** What moves players. */
export interface PlayerHandlers {
  /** This process runs the guild's player from now on: build it from what was saved last. */
  resume(guildId: GuildId, state: unknown): Promise<void>;
  /** Another process will run it: let go of it, without ending what listeners hear if that can be. */
  suspend(guildId: GuildId): Promise<void>;
}

/** The players of a bot with several workers: each is run by the worker that has the guild's lane, and moves with it. */
export interface WorkerPlayers {
  /** Whether this process may run the guild's player now. */
  owns(guildId: GuildId): boolean;
  /**
   * Keeps a player's state, as JSON, for whoever runs it next.
   *
   * @throws BridgeError BRIDGE_LEASE_LOST when another process runs the guild's player
   */
  save(guildId: GuildId, state: unknown): Promise<void>;
  /** Forgets a player that has ended. */
  remove(guildId: GuildId): Promise<void>;
  /** Sets who moves the players, until the Disposable is disposed; players that are here already are resumed. */
  serve(handlers: PlayerHandlers): Disposable;
}

/** The players with what the worker does to them. */
export interface Players extends WorkerPlayers {
  /** Begins to follow the table of players. */
  open(table: KeyValueStore): Promise<void>;
  /** The guilds of this lane are ours now. */
  laneTaken(lane: number): void;
  /** The guilds of this lane will no longer be ours; resolves when their players are suspended. */
  laneEnding(lane: number): Promise<void>;
  close(): Promise<void>;
}

/** Options of {@link createPlayers}. */
export interface PlayersOptions {
  readonly member: string;
  readonly laneOf: (guildId: string) => number | undefined;
  /** Whether the lease on the guild's lane holds at this moment. */
  readonly isOurs: (guildId: string) => boolean;
  readonly logger: Logger;
}

const playerSchema = z.looseObject({ owner: z.string(), state: z.unknown().optional() });

function readPlayer(value: Uint8Array): { readonly owner: string; readonly state: unknown } | undefined {
  try {
    const { owner, state } = playerSchema.parse(decodeJson(value));
    return { owner, state };
  } catch {
    return undefined;
  }
}

/** Builds {@link Players}. */
export function createPlayers(options: PlayersOptions): Players {
  const { member, laneOf, isOurs, logger } = options;
  /** The revision that we wrote of each player we run. */
  const running = new Map<string, number>();
  const known = new Set<string>();
  const lanes = new Set<number>();
  let handlers: PlayerHandlers | undefined;
  let opened: { readonly table: KeyValueStore; readonly watcher: BusSubscription } | undefined;

  const tableNow = (): KeyValueStore => {
    if (opened !== undefined) return opened.table;
    throw new BridgeError("BRIDGE_NOT_CONNECTED", "The worker is not connected: it runs no players.", {
      retryable: true,
    });
  };
  const isHere = (guildId: string): boolean => {
    const lane = laneOf(guildId);
    return lane !== undefined && lanes.has(lane);
  };
  const lost = (guildId: string) =>
    new BridgeError("BRIDGE_LEASE_LOST", `The player of guild ${guildId} belongs to another process now.`);
  const checkOurs = (guildId: string) => {
    if (!isOurs(guildId)) throw lost(guildId);
  };

  const write = async (guildId: string, state: unknown, revision: number) => {
    const written = await tableNow().putIf(guildId, encodeJson({ owner: member, state }), revision);
    // The lane may have left meanwhile; who comes back to the guild is resumed.
    if (isHere(guildId)) running.set(guildId, written);
  };
  const take = async (guildId: string): Promise<void> => {
    if (running.has(guildId) || handlers === undefined || !isOurs(guildId)) return;
    try {
      const entry = await tableNow().get(guildId);
      const found = entry === undefined ? undefined : readPlayer(entry.value);
      if (entry === undefined || found === undefined || running.has(guildId)) return;
      await write(guildId, found.state, entry.revision);
      await handlers.resume(guildId, found.state);
    } catch (error) {
      logger.warn("A player did not move here.", { guildId, error: describeError(error) });
    }
  };
  const letGo = async (guildId: string): Promise<void> => {
    try {
      await handlers?.suspend(guildId);
    } catch (error) {
      logger.warn("A player did not let go.", { guildId, error: describeError(error) });
    } finally {
      running.delete(guildId);
    }
    // The lane may be back before the player has let go.
    if (isHere(guildId)) void take(guildId);
  };
  const takeAll = (guildIds: readonly string[]) => void Promise.all(guildIds.map(take));

  return {
    owns: isOurs,
    async open(table) {
      const watcher = await table.watch(({ key, value }) => {
        if (value === null) return void known.delete(key);
        known.add(key);
        if (isHere(key) && readPlayer(value)?.owner !== member) void take(key);
      });
      opened = { table, watcher };
    },
    async save(guildId, state) {
      checkOurs(guildId);
      try {
        await write(guildId, state, running.get(guildId) ?? 0);
      } catch (error) {
        if (!isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT")) throw error;
        // Ours still, written by a call whose answer we did not get, or left from before we had the lane.
        const entry: KeyValueEntry | undefined = await tableNow().get(guildId);
        checkOurs(guildId);
        await write(guildId, state, entry?.revision ?? 0);
      }
    },
    async remove(guildId) {
      checkOurs(guildId);
      running.delete(guildId);
      await tableNow().delete(guildId);
    },
    serve(next) {
      handlers = next;
      takeAll([...known].filter(isHere));
      return toDisposable(() => {
        if (handlers === next) handlers = undefined;
      });
    },
    laneTaken(lane) {
      lanes.add(lane);
      takeAll([...known].filter((guildId) => laneOf(guildId) === lane));
    },
    async laneEnding(lane) {
      lanes.delete(lane);
      await Promise.all([...running.keys()].filter((guildId) => laneOf(guildId) === lane).map(letGo));
    },
    async close() {
      await opened?.watcher.close();
    },
  };
}
