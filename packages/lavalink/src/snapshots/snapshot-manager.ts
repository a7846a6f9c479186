import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { GuildId } from "@antiphon/protocol/discord";
import { describeError, silentLogger, systemClock, type Clock, type Logger, type Timer } from "@antiphon/std";
import { hasCode, LavalinkError } from "../error.ts";
import type { Player } from "../player.ts";
import { restoreSnapshot, type RestoreSnapshotOptions } from "./restore-snapshot.ts";
import { decodeSnapshot, encodeSnapshot, takeSnapshot, type SessionSnapshot } from "./snapshot.ts";

/** Options of {@link createSnapshotManager}. */
export interface SnapshotManagerOptions {
  /** The folder, made when it is not there. */
  readonly folder: string;
  /** Whose snapshots are taken automatically: `lavalink.players`. */
  readonly players?: ReadonlyMap<GuildId, Player>;
  /** Between two automatic snapshots, in minutes. Defaults to 5. */
  readonly intervalMinutes?: number;
  /** As many files of a guild are kept; the oldest are removed. Defaults to 10. */
  readonly keep?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** A snapshot that is kept. */
export interface SnapshotEntry {
  readonly path: string;
  readonly guildId: GuildId;
  /** When it was taken, in milliseconds since the Unix epoch. */
  readonly takenMs: number;
}

/** What {@link SnapshotManager.loadLatest} found. */
export interface LatestSnapshot {
  readonly snapshot: SessionSnapshot;
  readonly path: string;
  /** Later files that could not be read, and why. */
  readonly refused: readonly { readonly path: string; readonly error: LavalinkError }[];
}

/** Takes, keeps and restores snapshots of players. */
export interface SnapshotManager extends AsyncDisposable {
  /** A player as it is at this moment, by the manager's clock; {@link takeSnapshot} does it without a manager. */
  create(player: Player): SessionSnapshot;
  /** Writes a snapshot, under a name of its own unless one is given, and gives the path. Replaced as a whole or not at all. */
  save(snapshot: SessionSnapshot, fileName?: string): Promise<string>;
  /** Reads a snapshot. Throws `LAVALINK_SNAPSHOT_CORRUPT`, `LAVALINK_SNAPSHOT_VERSION` or `LAVALINK_SNAPSHOT_NOT_FOUND`. */
  load(path: string): Promise<SessionSnapshot>;
  /** The latest snapshot of a guild that can be read; null when there is none. */
  loadLatest(guildId: GuildId): Promise<LatestSnapshot | null>;
  /** The snapshots of a guild, or of all, that were saved under names of their own, the latest first. */
  list(guildId?: GuildId): Promise<readonly SnapshotEntry[]>;
  /** {@link restoreSnapshot}. */
  restore(snapshot: SessionSnapshot, player: Player, options?: RestoreSnapshotOptions): Promise<void>;
  /** Takes and saves a snapshot of every player at once and every `intervalMinutes` from now on; does nothing when it runs. */
  startAutomatic(): void;
  /** Stops, and resolves once what is being written is there. */
  stopAutomatic(): Promise<void>;
  readonly automatic: boolean;
}

const FILE_NAME = /^(\d{1,20})-(\d{1,15})\.snapshot\.json$/;

/** Builds a {@link SnapshotManager}; touches no file yet. */
export function createSnapshotManager(options: SnapshotManagerOptions): SnapshotManager {
  const { folder, players, intervalMinutes = 5, keep = 10, clock = systemClock, logger = silentLogger } = options;
  if (!(intervalMinutes > 0))
    throw invalid(`createSnapshotManager: intervalMinutes ${intervalMinutes} is not above 0.`);
  let timer: Timer | undefined;
  let running = false;
  let underWay: Promise<void> = Promise.resolve();

  const save = async (snapshot: SessionSnapshot, fileName?: string): Promise<string> => {
    const name = fileName ?? `${snapshot.guildId}-${snapshot.takenMs}.snapshot.json`;
    if (name !== basename(name) || name.startsWith(".")) {
      throw invalid(`save: "${name}" is not the name of a file in the folder.`);
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // A process that dies in the middle leaves the file before it as it was.
    const temporary = join(folder, `.${randomUUID()}.tmp`);
    const path = join(folder, name);
    await writeFile(temporary, encodeSnapshot(snapshot), { mode: 0o600, flush: true });
    await rename(temporary, path);
    if (fileName === undefined) await removeOld(snapshot.guildId);
    return path;
  };
  const list = async (guildId?: GuildId): Promise<readonly SnapshotEntry[]> => {
    const entries = (await namesIn(folder)).flatMap((name) => {
      const [, owner, takenMs] = FILE_NAME.exec(name) ?? [];
      if (owner === undefined || (guildId !== undefined && owner !== guildId)) return [];
      return [{ path: join(folder, name), guildId: owner, takenMs: Number(takenMs) }];
    });
    return entries.toSorted((left, right) => right.takenMs - left.takenMs);
  };
  const removeOld = async (guildId: GuildId) => {
    for (const { path } of (await list(guildId)).slice(keep)) await rm(path, { force: true });
  };
  const load = async (path: string): Promise<SessionSnapshot> => {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      const message = `load: ${path} cannot be read: ${describeError(cause)}`;
      throw new LavalinkError("LAVALINK_SNAPSHOT_NOT_FOUND", message, { details: { path }, cause });
    }
    return decodeSnapshot(text, path);
  };
  const saveAll = async () => {
    for (const player of players?.values() ?? []) {
      try {
        await save(takeSnapshot(player, clock.now()));
      } catch (error) {
        logger.warn("A snapshot could not be saved", { guildId: player.guildId, error: describeError(error) });
      }
    }
  };
  const schedule = () => {
    underWay = saveAll();
    timer = clock.setTimer(intervalMinutes * 60_000, schedule, { keepAlive: false });
  };
  const stopAutomatic = async () => {
    running = false;
    timer?.cancel();
    await underWay;
  };

  return {
    create: (player) => takeSnapshot(player, clock.now()),
    save,
    load,
    list,
    async loadLatest(guildId) {
      const refused: { path: string; error: LavalinkError }[] = [];
      for (const { path } of await list(guildId)) {
        try {
          return { snapshot: await load(path), path, refused };
        } catch (error) {
          if (!hasCode(error, "LAVALINK_SNAPSHOT_CORRUPT", "LAVALINK_SNAPSHOT_VERSION")) throw error;
          refused.push({ path, error });
        }
      }
      return null;
    },
    restore: restoreSnapshot,
    get automatic() {
      return running;
    },
    startAutomatic() {
      if (running) return;
      running = true;
      schedule();
    },
    stopAutomatic,
    [Symbol.asyncDispose]: stopAutomatic,
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // The folder is made with the first snapshot.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function invalid(message: string): LavalinkError {
  return new LavalinkError("LAVALINK_INVALID_ARGUMENT", message);
}
