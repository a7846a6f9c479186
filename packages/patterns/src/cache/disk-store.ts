import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "@antiphon/std";
import { CacheError } from "./cache-error.ts";
import type { CacheEntry, CacheLevel, LevelStats } from "./cache-level.ts";
import { decodeEntry, encodeEntry, type ValueCodec } from "./entry-codec.ts";
import { createLevelCounters, levelStats } from "./level-counters.ts";

interface DiskStoreOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly codec: ValueCodec;
  readonly clock: Clock;
}

/** How many uses are remembered before they are written, so that a lookup is not a write. */
const TOUCH_LIMIT = 256;

// Exclusive locking keeps a second process out and needs no shared memory; with a write-ahead log and `normal`, a commit costs no
// fsync, and what the death of the process cuts short is rolled back.
const SETUP = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY,
    entry BLOB NOT NULL,
    size INTEGER NOT NULL,
    expires REAL NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS entries_used ON entries (used);
  CREATE INDEX IF NOT EXISTS entries_expires ON entries (expires);
  CREATE TABLE IF NOT EXISTS tags (
    tag TEXT NOT NULL,
    key TEXT NOT NULL REFERENCES entries (key) ON DELETE CASCADE,
    PRIMARY KEY (tag, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tags_key ON tags (key);
`;

/** A cache level over an open database: least recently used, bounded by entries and by bytes. */
export class DiskStore implements CacheLevel {
  readonly name = "disk";
  readonly #database: DatabaseSync;
  readonly #options: DiskStoreOptions;
  readonly #statements: Readonly<Record<keyof typeof SQL, StatementSync>>;
  readonly #counters = createLevelCounters();
  readonly #touched = new Set<string>();
  #entries: number;
  #sizeBytes: number;
  #lastUse: number;
  #isClosed = false;

  constructor(database: DatabaseSync, options: DiskStoreOptions) {
    for (const name of ["maxEntries", "maxBytes"] as const) {
      if (options[name] >= 1) continue;
      throw new CacheError("CACHE_OPTIONS_INVALID", `openDiskLevel: ${name} must be 1 or more, not ${options[name]}`);
    }
    this.#database = database;
    this.#options = options;
    database.exec(SETUP);
    this.#statements = Object.fromEntries(
      Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]),
    ) as never;
    const totals = this.#statements.totals.get() as { entries: number; bytes: number; lastUse: number };
    this.#entries = totals.entries;
    this.#sizeBytes = totals.bytes;
    this.#lastUse = totals.lastUse;
    // The bounds may be smaller than those that the file was filled under.
    this.#transact(() => this.#makeRoom(0, 0));
  }

  get(key: string): CacheEntry | undefined {
    this.#requireOpen();
    const row = this.#statements.find.get(key, this.#options.clock.now()) as { entry: Uint8Array } | undefined;
    const entry = row === undefined ? undefined : decodeEntry(row.entry, this.#options.codec);
    if (entry === undefined) {
      this.#counters.misses++;
      return undefined;
    }
    this.#counters.hits++;
    this.#touched.add(key);
    if (this.#touched.size >= TOUCH_LIMIT) this.#transact(() => {});
    return entry;
  }

  set(key: string, entry: CacheEntry): void {
    const bytes = encodeEntry(entry, this.#options.codec);
    this.#transact(() => {
      this.#remove(this.#statements.remove.all(key));
      if (bytes.length > this.#options.maxBytes) return;
      this.#makeRoom(1, bytes.length);
      this.#statements.insert.run(key, bytes, bytes.length, entry.expiresAtMs, ++this.#lastUse);
      for (const tag of new Set(entry.tags)) this.#statements.insertTag.run(tag, key);
      this.#entries++;
      this.#sizeBytes += bytes.length;
    });
  }

  delete(key: string): boolean {
    return this.#transact(() => this.#remove(this.#statements.remove.all(key)) > 0);
  }

  deleteTag(tag: string): void {
    this.#transact(() => this.#remove(this.#statements.removeTag.all(tag)));
  }

  clear(): void {
    this.#transact(() => this.#remove(this.#statements.removeAll.all()));
  }

  stats(): LevelStats {
    const { maxEntries, maxBytes } = this.#options;
    const size = { entries: this.#entries, maxEntries, sizeBytes: this.#sizeBytes, maxBytes };
    return levelStats(this.#counters, { name: this.name, ...size });
  }

  close(): Promise<void> {
    if (!this.#isClosed) {
      this.#transact(() => {});
      this.#isClosed = true;
      this.#database.close();
    }
    return Promise.resolve();
  }

  /** Runs changes so that all or none of them are stored, with the uses that wait to be written. */
  #transact<Result>(change: () => Result): Result {
    this.#requireOpen();
    const before = [this.#entries, this.#sizeBytes] as const;
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const key of this.#touched) this.#statements.touch.run(++this.#lastUse, key);
      const result = change();
      this.#database.exec("COMMIT");
      this.#touched.clear();
      return result;
    } catch (error) {
      [this.#entries, this.#sizeBytes] = before;
      this.#counters.failures++;
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Drops what has expired, and then what was used longest ago, until there is room. */
  #makeRoom(entries: number, bytes: number): void {
    const { maxEntries, maxBytes, clock } = this.#options;
    const isFull = () => this.#entries + entries > maxEntries || this.#sizeBytes + bytes > maxBytes;
    if (isFull()) this.#counters.expirations += this.#remove(this.#statements.removeExpired.all(clock.now()));
    while (isFull()) this.#counters.evictions += this.#remove(this.#statements.removeOldest.all());
  }

  /** Takes rows that a statement removed out of the totals; says how many. */
  #remove(rows: readonly unknown[]): number {
    for (const row of rows) this.#sizeBytes -= (row as { size: number }).size;
    this.#entries -= rows.length;
    return rows.length;
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new CacheError("CACHE_CLOSED", "the disk level was closed");
  }
}

const SQL = {
  totals: "SELECT count(*) AS entries, coalesce(sum(size), 0) AS bytes, coalesce(max(used), 0) AS lastUse FROM entries",
  find: "SELECT entry FROM entries WHERE key = ? AND expires > ?",
  insert: "INSERT INTO entries (key, entry, size, expires, used) VALUES (?, ?, ?, ?, ?)",
  insertTag: "INSERT INTO tags (tag, key) VALUES (?, ?)",
  touch: "UPDATE entries SET used = ? WHERE key = ?",
  remove: "DELETE FROM entries WHERE key = ? RETURNING size",
  removeTag: "DELETE FROM entries WHERE key IN (SELECT key FROM tags WHERE tag = ?) RETURNING size",
  removeExpired: "DELETE FROM entries WHERE expires <= ? RETURNING size",
  removeOldest: "DELETE FROM entries WHERE key = (SELECT key FROM entries ORDER BY used LIMIT 1) RETURNING size",
  removeAll: "DELETE FROM entries RETURNING size",
} as const;
