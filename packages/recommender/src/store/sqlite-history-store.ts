import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError } from "@antiphon/std";
import { RecommenderError } from "../error.ts";
import { trackKey } from "../track-key.ts";
import { SKIP_RATIO, type HistoryStore, type Play, type TrackSummary } from "./history-store.ts";
import { migrations } from "./migrations.ts";

/** Options of {@link openSqliteHistoryStore}. */
export interface SqliteHistoryStoreOptions {
  /** The database file, made with its folder when missing; `:memory:` keeps nothing. */
  readonly path: string;
  /** Two plays further apart than this do not follow one another. Defaults to 30 minutes. */
  readonly sessionGapMs?: number;
}

const MAXIMUM_TEXT_LENGTH = 1_000;

/**
 * Opens a history in an SQLite file (write-ahead log, so readers never wait).
 *
 * @throws RecommenderError RECOMMENDER_STORE_UNAVAILABLE when the file cannot be opened or written, RECOMMENDER_STORE_TOO_NEW
 * when a later version of this package has written it
 */
export function openSqliteHistoryStore(options: SqliteHistoryStoreOptions): HistoryStore {
  const { path, sessionGapMs = 30 * 60_000 } = options;
  const database = openDatabase(path);
  const insertTrack = database.prepare(
    `INSERT INTO track (key, title, artist, duration_ms, identifier) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET duration_ms = coalesce(excluded.duration_ms, duration_ms), identifier = excluded.identifier
     RETURNING id`,
  );
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
     FROM play JOIN track ON track.id = track_id WHERE community_id = ?
     GROUP BY track_id ORDER BY plays DESC, lastPlayedAtMs DESC LIMIT ?`,
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
  const forget = database.prepare("UPDATE play SET user_id = NULL WHERE user_id = ?");

  const open = () => {
    if (!database.isOpen)
      throw new RecommenderError("RECOMMENDER_STORE_CLOSED", "The listening history is closed already.");
  };
  const insert = (play: Play): boolean => {
    const { track, communityId, startedAtMs } = play;
    if (knownPlay.get(play.playId) !== undefined) return false;
    const key = trackKey(track.artist, track.title);
    const row = insertTrack.get(key, track.title, track.artist, track.durationMs, track.identifier);
    const trackId = (row as { id: number }).id;
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
    async trackSummaries(communityId, { limit = 5_000 } = {}) {
      open();
      return summaries.all(communityId, limit).map(({ title, artist, durationMs, identifier, ...counts }) => ({
        ...counts,
        track: { title, artist, durationMs, identifier },
      })) as unknown as TrackSummary[];
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
      forget.run(userId);
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

function inTransaction<T>(database: DatabaseSync, task: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = task();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function checkPlay(play: Play): void {
  const { track } = play;
  const refuse = (what: string): never => {
    throw new RecommenderError("RECOMMENDER_INVALID_PLAY", `Cannot record play ${play.playId.slice(0, 80)}: ${what}.`);
  };
  if (!(play.heardRatio >= 0 && play.heardRatio <= 1)) refuse(`heardRatio must be from 0 to 1, not ${play.heardRatio}`);
  if (!Number.isSafeInteger(play.startedAtMs) || play.startedAtMs < 0) refuse(`startedAtMs is ${play.startedAtMs}`);
  if (track.durationMs !== null && !(Number.isSafeInteger(track.durationMs) && track.durationMs >= 0)) {
    refuse(`durationMs must be a whole number of milliseconds or null, not ${track.durationMs}`);
  }
  if (play.playId === "" || play.communityId === "") refuse("playId and communityId must not be empty");
  for (const [name, text] of Object.entries({ ...track, playId: play.playId, communityId: play.communityId })) {
    if (typeof text === "string" && text.length > MAXIMUM_TEXT_LENGTH)
      refuse(`${name} is over ${MAXIMUM_TEXT_LENGTH} characters`);
  }
}
