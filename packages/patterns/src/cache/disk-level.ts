import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { systemClock, type Clock } from "@antiphon/std";
import { CacheError } from "./cache-error.ts";
import type { CacheLevel } from "./cache-level.ts";
import { DiskStore } from "./disk-store.ts";
import { jsonCodec, type ValueCodec } from "./entry-codec.ts";

/** Options of {@link openDiskLevel}. */
export interface DiskLevelOptions {
  /** The SQLite file; its folder is made when missing. Files that end in `-wal` lie beside it. */
  readonly path: string;
  /** The most entries; at least 1. Defaults to 10,000. */
  readonly maxEntries?: number | undefined;
  /** The most bytes of all entries together; at least 1. Defaults to 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** How values are written. Defaults to JSON, and binary data as it is. */
  readonly codec?: ValueCodec | undefined;
  /** Where the time is read. */
  readonly clock?: Clock | undefined;
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOT_A_DATABASE = 26;

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "errcode" in error ? error.errcode : undefined;

function openStore(options: DiskLevelOptions): DiskStore {
  const { path, maxEntries = 10_000, maxBytes = 256 * 2 ** 20, codec = jsonCodec, clock = systemClock } = options;
  const database = new DatabaseSync(path);
  try {
    return new DiskStore(database, { maxEntries, maxBytes, codec, clock });
  } catch (error) {
    database.close();
    throw error;
  }
}

function explain(path: string, error: unknown): CacheError {
  if (codeOf(error) === SQLITE_BUSY) {
    const message = `openDiskLevel: another cache has "${path}" open; give each process a file of its own`;
    return new CacheError("CACHE_DISK_IN_USE", message, { cause: error, details: { path } });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new CacheError("CACHE_DISK_FAILED", `openDiskLevel: cannot open "${path}": ${reason}`, {
    cause: error,
    details: { path },
  });
}

/**
 * Opens a {@link CacheLevel} in an SQLite file that outlives the process. A write that a crash cut short is as if it had not
 * begun; a file that is damaged or no database is replaced by an empty one. One process at a time may have the file open.
 *
 * @throws CacheError `CACHE_DISK_IN_USE`, `CACHE_DISK_FAILED`, `CACHE_OPTIONS_INVALID`.
 */
export async function openDiskLevel(options: DiskLevelOptions): Promise<CacheLevel> {
  const { path } = options;
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openStore(options);
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof CacheError) throw error;
    if (code !== SQLITE_CORRUPT && code !== SQLITE_NOT_A_DATABASE) throw explain(path, error);
    // A cache can always be filled again.
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(path + suffix, { force: true });
    return openStore(options);
  }
}
