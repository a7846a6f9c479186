import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { createHistoryStore } from "./create-history-store.ts";
import { SESSION_GAP_MS, type HistoryStore } from "./history-store.ts";
import { sqliteMigrations } from "./migrations.ts";
import { createSqliteDriver } from "./sqlite-driver.ts";

/** Options of {@link openSqliteHistoryStore}. */
export interface SqliteHistoryStoreOptions {
  /** The database file, made with its folder when missing; `:memory:` keeps nothing. */
  readonly path: string;
  /** Two plays further apart than this do not follow one another. Defaults to 30 minutes. */
  readonly sessionGapMs?: number;
  /** How large the file may become. Beyond it writing fails as on a full disk. No limit by default. */
  readonly maximumBytes?: number;
}

/**
 * Opens a history in an SQLite file (write-ahead log, so readers never wait).
 *
 * @throws RecommenderError RECOMMENDER_STORE_UNAVAILABLE when the file cannot be opened or written, RECOMMENDER_STORE_TOO_NEW
 * when a later version of this package has written it
 */
export function openSqliteHistoryStore(options: SqliteHistoryStoreOptions): HistoryStore {
  const { path, sessionGapMs = SESSION_GAP_MS } = options;
  return createHistoryStore(createSqliteDriver(openDatabase(options), path), sessionGapMs);
}

function openDatabase({ path, maximumBytes }: SqliteHistoryStoreOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
    // The wait comes first: already the change to the write-ahead log needs it when several processes open a new file at once.
    database.exec(
      "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384",
    );
    migrate(database, path);
    if (maximumBytes !== undefined) {
      const { page_size: pageBytes } = database.prepare("PRAGMA page_size").get() as { readonly page_size: number };
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maximumBytes / pageBytes))}`);
    }
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof RecommenderError) throw error;
    throw new RecommenderError(
      "RECOMMENDER_STORE_UNAVAILABLE",
      `Cannot open the listening history at ${path}: ${describeError(error)}. Check that its folder exists and can be written.`,
      { cause: error, details: { path } },
    );
  }
}

function migrate(database: DatabaseSync, path: string): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
      readonly user_version: number;
    };
    if (version > sqliteMigrations.length) {
      throw new RecommenderError(
        "RECOMMENDER_STORE_TOO_NEW",
        `The listening history at ${path} has version ${version}, this package knows ${sqliteMigrations.length}. Update the package.`,
        { details: { path, version } },
      );
    }
    for (const sql of sqliteMigrations.slice(version)) database.exec(sql);
    database.exec(`PRAGMA user_version = ${sqliteMigrations.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
