import { DatabaseSync } from "node:sqlite";
import { cannotOpen } from "./cannot-open.ts";
import type { StateStore } from "./state-store.ts";

/** Options of {@link openSqliteStore}. */
export interface SqliteStoreOptions {
  /** The database file, or `:memory:`. */
  readonly path: string;
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
    database.exec(
      "CREATE TABLE IF NOT EXISTS lavalink_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    );
    return database;
  } catch (error) {
    database?.close();
    throw cannotOpen("openSqliteStore", path, error);
  }
}

/** Opens a {@link StateStore} in one table of an SQLite file; throws `LAVALINK_STORE_FAILED` when it cannot be used. */
export function openSqliteStore({ path }: SqliteStoreOptions): StateStore {
  const database = openDatabase(path);
  const all = database.prepare("SELECT key, value FROM lavalink_state");
  const set = database.prepare(
    "INSERT INTO lavalink_state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM lavalink_state WHERE key = ?");
  const close = async () => {
    if (database.isOpen) database.close();
  };
  return {
    entries: async () => new Map(all.all().map(({ key, value }) => [String(key), String(value)])),
    set: async (key, value) => void set.run(key, value),
    delete: async (key) => void remove.run(key),
    close,
    [Symbol.asyncDispose]: close,
  };
}
