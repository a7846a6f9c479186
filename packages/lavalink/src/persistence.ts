import type { GuildId } from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger, type Timer } from "@antiphon/std";
import { LavalinkError } from "./error.ts";
import {
  decodeStoredPlayer,
  decodeStoredQueue,
  encodeStored,
  type StoredPlayer,
  type StoredQueue,
} from "./stored-player.ts";
import type { StateStore } from "./stores/state-store.ts";

/** What {@link createPersistence} is built from. */
export interface PersistenceOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A player as it is now; undefined once it has left. Its queue is copied only when it is asked for. */
  capture(guildId: GuildId): { readonly player: StoredPlayer; queue(): StoredQueue } | undefined;
}

/** What a former run of the process left. */
export interface StoredState {
  /** Session ids by the names of their nodes. */
  readonly sessions: ReadonlyMap<string, string>;
  readonly players: readonly { readonly player: StoredPlayer; readonly queue: StoredQueue | undefined }[];
}

/** How much of a player changed: where it is in its track, what it does, or also its queue. */
export type StoredChange = "position" | "player" | "queue";

/** Keeps sessions, players and queues in a {@link StateStore}. */
export interface Persistence {
  /** Throws `LAVALINK_STORE_FAILED`. */
  load(): Promise<StoredState>;
  /** A player changed; it is written soon, and many changes as one. */
  touch(guildId: GuildId, change: StoredChange): void;
  forget(guildId: GuildId): void;
  keepSession(node: string, sessionId: string): void;
  forgetSession(node: string): void;
  /** Writes at once what waits, and resolves when all is written. */
  flush(): Promise<void>;
}

/** What one command changes is written as one. */
const WRITE_DELAY_MS = 250;
/** A position is of use only when a node lost its session, and then a few seconds do not matter. */
const POSITION_DELAY_MS = 10_000;

const playerKey = (guildId: string) => `player/${guildId}`;
const queueKey = (guildId: string) => `queue/${guildId}`;
const SESSION_PREFIX = "session/";

interface Pending {
  readonly timer: Timer;
  readonly isSoon: boolean;
  readonly withQueue: boolean;
  /** Whether its time has come while the writing before was not done. */
  readonly isDue?: true;
}

/** Builds a {@link Persistence}; reads and writes nothing yet. */
export function createPersistence({ store, clock, logger, capture }: PersistenceOptions): Persistence {
  const pending = new Map<GuildId, Pending>();
  const underWay = new Set<Promise<void>>();
  // A store that is slower than the changes gets one write of each player at a time, and the latest state next.
  const writing = new Set<GuildId>();

  const run = (operation: Promise<void>, key: string): Promise<void> => {
    const done = operation
      .catch((error: unknown) =>
        logger.warn("The state of a Lavalink player was not kept", { key, error: describeError(error) }),
      )
      .finally(() => underWay.delete(done));
    underWay.add(done);
    return done;
  };
  const write = (guildId: GuildId) => {
    const waiting = pending.get(guildId);
    if (waiting === undefined) return;
    waiting.timer.cancel();
    if (writing.has(guildId)) {
      pending.set(guildId, { ...waiting, isDue: true });
      return;
    }
    pending.delete(guildId);
    const captured = capture(guildId);
    if (captured === undefined) return;
    writing.add(guildId);
    const player = encodeStored(captured.player);
    // The queue first: a process that dies between the two plays a track twice rather than never.
    const queueKept = waiting.withQueue
      ? run(store.set(queueKey(guildId), encodeStored(captured.queue())), queueKey(guildId))
      : undefined;
    const playerKept = run(store.set(playerKey(guildId), player), playerKey(guildId));
    void Promise.all([queueKept, playerKept]).then(() => {
      writing.delete(guildId);
      if (pending.get(guildId)?.isDue === true) write(guildId);
    });
  };

  return {
    async load() {
      let entries: ReadonlyMap<string, string>;
      try {
        entries = await store.entries();
      } catch (cause) {
        const message = `connect: the state store cannot be read: ${describeError(cause)}`;
        throw new LavalinkError("LAVALINK_STORE_FAILED", message, { retryable: true, cause });
      }
      return readState(entries, logger);
    },
    touch(guildId, change) {
      const before = pending.get(guildId);
      const isSoon = change !== "position";
      const withQueue = change === "queue" || before?.withQueue === true;
      if (before !== undefined && (before.isSoon || !isSoon)) {
        if (withQueue !== before.withQueue) pending.set(guildId, { ...before, withQueue });
        return;
      }
      before?.timer.cancel();
      const delayMs = isSoon ? WRITE_DELAY_MS : POSITION_DELAY_MS;
      const timer = clock.setTimer(delayMs, () => write(guildId), { keepAlive: false });
      pending.set(guildId, { timer, isSoon, withQueue });
    },
    forget(guildId) {
      pending.get(guildId)?.timer.cancel();
      pending.delete(guildId);
      void run(store.delete(playerKey(guildId)), playerKey(guildId));
      void run(store.delete(queueKey(guildId)), queueKey(guildId));
    },
    keepSession: (node, sessionId) => void run(store.set(SESSION_PREFIX + node, sessionId), SESSION_PREFIX + node),
    forgetSession: (node) => void run(store.delete(SESSION_PREFIX + node), SESSION_PREFIX + node),
    async flush() {
      while (pending.size > 0 || underWay.size > 0) {
        for (const guildId of pending.keys()) write(guildId);
        await Promise.all(underWay);
      }
    },
  };
}

function readState(entries: ReadonlyMap<string, string>, logger: Logger): StoredState {
  const sessions = new Map<string, string>();
  const players: { player: StoredPlayer; queue: StoredQueue | undefined }[] = [];
  for (const [key, text] of entries) {
    if (key.startsWith(SESSION_PREFIX)) sessions.set(key.slice(SESSION_PREFIX.length), text);
    if (!key.startsWith(playerKey(""))) continue;
    const player = decodeStoredPlayer(text);
    if (player === undefined) {
      logger.warn("A kept Lavalink player cannot be read and is left out", { key });
      continue;
    }
    const queueText = entries.get(queueKey(player.guildId));
    const queue = queueText === undefined ? undefined : decodeStoredQueue(queueText);
    if (queueText !== undefined && queue === undefined) {
      logger.warn("A kept Lavalink queue cannot be read and is left out", { key: queueKey(player.guildId) });
    }
    players.push({ player, queue });
  }
  return { sessions, players };
}
