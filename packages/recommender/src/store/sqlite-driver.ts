import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import {
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type SqliteDatabase,
} from "kysely";
import { trackKey } from "../track-key.ts";
import type { AlbumTrack, HistoryDriver } from "./history-driver.ts";
import type { HistorySchema } from "./history-schema.ts";

/** Calling into SQLite costs more than a row does. */
const ROWS_A_STATEMENT = 256;
const REMEMBERED_TRACKS = 200_000;
const SQLITE_FULL = 13;

/** Begins for writing at once: a reader that becomes a writer later cannot wait for another one. */
class ImmediateDriver extends SqliteDriver {
  readonly #source: DatabaseSync;

  constructor(source: DatabaseSync) {
    super({ database: toKyselyDatabase(source) });
    this.#source = source;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk has rolled back already.
    if (this.#source.isTransaction) await connection.executeQuery(CompiledQuery.raw("rollback"));
  }
}

function toKyselyDatabase(source: DatabaseSync): SqliteDatabase {
  return {
    close: () => source.close(),
    prepare(sql) {
      const statement = source.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        // Plain objects: SQLite's rows have no prototype.
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])).map((row) => ({ ...row })),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
    },
  };
}

/** A copy: a part of a longer text would keep all of that in memory, which of an import is the file. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}

/** Builds the {@link HistoryDriver} over an SQLite database whose tables are there. */
export function createSqliteDriver(source: DatabaseSync, place: string): HistoryDriver {
  const database = new Kysely<HistorySchema>({
    dialect: {
      createDriver: () => new ImmediateDriver(source),
      createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    },
  });
  const insertTrack = source.prepare(
    `INSERT INTO track (key, title, artist, duration_ms, identifier, album) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO NOTHING`,
  );
  const findTrack = source.prepare("SELECT id FROM track WHERE key = ?");
  // One parameter for the listener of all rows, and none by number: before 22.20 and 24.7 Node cannot bind both kinds at once.
  const insertScrobbles = (count: number) =>
    source.prepare(
      `INSERT OR IGNORE INTO scrobble (listener_id, started_at_ms, track_id)
       SELECT ?, column1, column2 FROM (VALUES ${"(?, ?), ".repeat(count - 1)}(?, ?))`,
    );
  const insertOne = insertScrobbles(1);
  const insertMany = insertScrobbles(ROWS_A_STATEMENT);
  const version = source.prepare("PRAGMA data_version");

  /** The ids of tracks by artist and title as they are written: an import asks for the same ones again and again. */
  const remembered = new Map<string, Map<string, number>>();
  let rememberedCount = 0;
  let seenVersion: unknown;
  const forget = () => {
    remembered.clear();
    rememberedCount = 0;
  };
  const findOrInsert = ({ track, album }: AlbumTrack): number => {
    const { artist, title, durationMs, identifier } = track;
    const key = trackKey(artist, title);
    const { changes, lastInsertRowid } = insertTrack.run(key, title, artist, durationMs, identifier, album ?? null);
    return changes === 1 ? Number(lastInsertRowid) : (findTrack.get(key)?.["id"] as number);
  };
  const idOf = (track: AlbumTrack): number => {
    const { artist, title } = track.track;
    let titles = remembered.get(artist);
    const known = titles?.get(title);
    if (known !== undefined) return known;
    if (rememberedCount >= REMEMBERED_TRACKS) {
      forget();
      titles = undefined;
    }
    if (titles === undefined) remembered.set(ownText(artist), (titles = new Map()));
    const id = findOrInsert(track);
    titles.set(ownText(title), id);
    rememberedCount++;
    return id;
  };

  return {
    database,
    place,
    trackIds: async (_transaction, tracks) => tracks.map(idOf),
    async insertScrobbles(_transaction, listenerId, startedAtMs, trackIds) {
      let inserted = 0;
      const values: number[] = [listenerId];
      let at = 0;
      for (; at + ROWS_A_STATEMENT <= trackIds.length; at += ROWS_A_STATEMENT) {
        for (let row = 0; row < ROWS_A_STATEMENT; row++) {
          values[2 * row + 1] = startedAtMs[at + row] as number;
          values[2 * row + 2] = trackIds[at + row] as number;
        }
        inserted += Number(insertMany.run(...values).changes);
      }
      for (; at < trackIds.length; at++)
        inserted += Number(insertOne.run(listenerId, startedAtMs[at] as number, trackIds[at] as number).changes);
      return inserted;
    },
    beforeTransaction() {
      const { data_version: current } = version.get() as { readonly data_version: number };
      // Another process has written since: tracks may be gone.
      if (current !== seenVersion) forget();
      seenVersion = current;
    },
    forgetRemembered: forget,
    isFull: (error) => error instanceof Error && "errcode" in error && error.errcode === SQLITE_FULL,
    async close() {
      await database.destroy();
      if (source.isOpen) source.close();
    },
  };
}
