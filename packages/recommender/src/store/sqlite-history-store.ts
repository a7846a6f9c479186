import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { checkPlay } from "./check-track.ts";
import { SKIP_RATIO, type HistoryStore, type Play, type Track, type TrackSummary } from "./history-store.ts";
import { migrations } from "./migrations.ts";
import { createSqliteListenerLibrary } from "./sqlite-listener-library.ts";
import { createSqliteTrackTable } from "./sqlite-track-table.ts";
import { inTransaction } from "./sqlite-transaction.ts";

/** Options of {@link openSqliteHistoryStore}. */
export interface SqliteHistoryStoreOptions {
  /** The database file, made with its folder when missing; `:memory:` keeps nothing. */
  readonly path: string;
  /** Two plays further apart than this do not follow one another. Defaults to 30 minutes. */
  readonly sessionGapMs?: number;
}

/**
 * Opens a history in an SQLite file (write-ahead log, so readers never wait).
 *
 * @throws RecommenderError RECOMMENDER_STORE_UNAVAILABLE when the file cannot be opened or written, RECOMMENDER_STORE_TOO_NEW
 * when a later version of this package has written it
 */
export function openSqliteHistoryStore(options: SqliteHistoryStoreOptions): HistoryStore {
  const { path, sessionGapMs = 30 * 60_000 } = options;
  const database = openDatabase(path);
  const tracks = createSqliteTrackTable(database);
  const insertPlay = database.prepare(
    `INSERT INTO play (play_id, community_id, user_id, track_id, started_at_ms, heard_ratio, previous_id)
     VALUES (?, ?, ?, ?, ?, ?, (
       SELECT track_id FROM play WHERE community_id = ? AND started_at_ms < ? AND started_at_ms >= ?
       ORDER BY started_at_ms DESC LIMIT 1))`,
  );
  const knownPlay = database.prepare("SELECT 1 FROM play WHERE play_id = ?");
  const recent = database.prepare(
    `SELECT play_id AS playId, community_id AS communityId, user_id AS userId, started_at_ms AS startedAtMs,
            heard_ratio AS heardRatio, title, artist, duration_ms AS durationMs, identifier
     FROM play JOIN track ON track.id = track_id WHERE community_id = ? ORDER BY started_at_ms DESC LIMIT ?`,
  );
  const summaries = database.prepare(
    `SELECT key, title, artist, duration_ms AS durationMs, identifier, count(*) AS plays,
            sum(heard_ratio < ${SKIP_RATIO}) AS skips, max(started_at_ms) AS lastPlayedAtMs
     FROM play JOIN track ON track.id = track_id WHERE community_id = ?1 AND (?2 IS NULL OR user_id = ?2)
     GROUP BY track_id ORDER BY plays DESC, lastPlayedAtMs DESC LIMIT ?3`,
  );
  const following = database.prepare(
    `SELECT next.key AS key, count(*) AS count
     FROM play JOIN track AS next ON next.id = track_id
     WHERE community_id = ? AND previous_id = (SELECT id FROM track WHERE key = ?) AND heard_ratio >= ${SKIP_RATIO}
     GROUP BY track_id ORDER BY count DESC, next.key LIMIT ?`,
  );
  const listener = database.prepare(
    `SELECT count(*) AS plays, count(DISTINCT artist) AS uniqueArtists, count(DISTINCT track_id) AS uniqueTracks,
            coalesce(sum(duration_ms * heard_ratio), 0) AS listenedMs
     FROM play JOIN track ON track.id = track_id WHERE user_id = ?`,
  );
  const trackOfKey = database.prepare(
    "SELECT title, artist, duration_ms AS durationMs, identifier FROM track WHERE key = ?",
  );
  const heard = database.prepare(
    `SELECT coalesce(user_id, 'community:' || community_id) AS userId, key, started_at_ms
     FROM play JOIN track ON track.id = track_id WHERE heard_ratio >= ${SKIP_RATIO}
     UNION ALL
     SELECT user_id, key, started_at_ms
     FROM scrobble JOIN listener ON listener.id = listener_id JOIN track ON track.id = track_id
     ORDER BY 1, 3`,
  );
  const unname = database.prepare("UPDATE play SET user_id = NULL WHERE user_id = ?");
  const removeListener = database.prepare("DELETE FROM listener WHERE user_id = ?");

  const open = () => {
    if (!database.isOpen)
      throw new RecommenderError("RECOMMENDER_STORE_CLOSED", "The listening history is closed already.");
  };
  const insert = (play: Play): boolean => {
    const { track, communityId, startedAtMs } = play;
    if (knownPlay.get(play.playId) !== undefined) return false;
    const trackId = tracks.upsert(track);
    const earliestMs = startedAtMs - sessionGapMs;
    insertPlay.run(
      play.playId,
      communityId,
      play.userId,
      trackId,
      startedAtMs,
      play.heardRatio,
      communityId,
      startedAtMs,
      earliestMs,
    );
    return true;
  };

  const store: HistoryStore = {
    ...createSqliteListenerLibrary(database, tracks, open),
    async recordPlay(play) {
      open();
      checkPlay(play);
      return inTransaction(database, () => insert(play));
    },
    async recentPlays(communityId, { limit = 50 } = {}) {
      open();
      return recent.all(communityId, limit).map(({ title, artist, durationMs, identifier, ...play }) => ({
        ...play,
        track: { title, artist, durationMs, identifier },
      })) as unknown as Play[];
    },
    async trackSummaries(communityId, { limit = 5_000, userId = null } = {}) {
      open();
      return summaries.all(communityId, userId, limit).map(({ title, artist, durationMs, identifier, ...counts }) => ({
        ...counts,
        track: { title, artist, durationMs, identifier },
      })) as unknown as TrackSummary[];
    },
    async tracks(keys) {
      open();
      return new Map(
        keys.flatMap((key) => {
          const row = trackOfKey.get(key);
          return row === undefined ? [] : [[key, { ...row } as unknown as Track]];
        }),
      );
    },
    async *histories() {
      open();
      let current = { userId: "", itemIds: [] as string[] };
      for (const row of heard.iterate() as Iterable<{ userId: string; key: string }>) {
        if (row.userId !== current.userId) {
          if (current.itemIds.length > 0) yield current;
          current = { userId: row.userId, itemIds: [] };
        }
        current.itemIds.push(row.key);
      }
      if (current.itemIds.length > 0) yield current;
    },
    async followUps(communityId, key, { limit = 100 } = {}) {
      open();
      return following
        .all(communityId, key, limit)
        .map((row) => ({ key: row["key"] as string, count: row["count"] as number }));
    },
    async listenerStats(userId) {
      open();
      const row = listener.get(userId) as Record<"plays" | "uniqueArtists" | "uniqueTracks" | "listenedMs", number>;
      return { ...row, listenedMs: Math.round(row.listenedMs) };
    },
    async forgetListener(userId) {
      open();
      inTransaction(database, () => {
        unname.run(userId);
        removeListener.run(userId);
      });
    },
    async close() {
      if (database.isOpen) database.close();
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
  return store;
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000",
    );
    migrate(database, path);
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
  const version = (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
  if (version > migrations.length) {
    throw new RecommenderError(
      "RECOMMENDER_STORE_TOO_NEW",
      `The listening history at ${path} has version ${version}, this package knows ${migrations.length}. Update the package.`,
      { details: { path, version } },
    );
  }
  for (const [step, sql] of migrations.entries()) {
    if (step < version) continue;
    inTransaction(database, () => database.exec(`${sql}; PRAGMA user_version = ${step + 1}`));
  }
}
