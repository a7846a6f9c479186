import type { DatabaseSync } from "node:sqlite";
import { RecommenderError } from "../error.ts";
import { trackKey } from "../track-key.ts";
import { checkTexts, checkTime, checkTrack } from "./check-track.ts";
import type { Track } from "./history-store.ts";
import type { ListenerLibrary, Playlist, TrackTag, User, UserStats } from "./listener-library.ts";
import type { SqliteTrackTable } from "./sqlite-track-table.ts";
import { inTransaction } from "./sqlite-transaction.ts";

/** Calling into SQLite costs more than a row does. */
const ROWS_A_STATEMENT = 64;

/** Builds a {@link ListenerLibrary} in a database; `open` throws when the store is closed. */
export function createSqliteListenerLibrary(
  database: DatabaseSync,
  tracks: SqliteTrackTable,
  open: () => void,
): ListenerLibrary {
  const insertListener = database.prepare(
    `INSERT INTO listener (user_id, display_name) VALUES (?, ?)
     ON CONFLICT (user_id) DO UPDATE SET display_name = coalesce(excluded.display_name, display_name)
     RETURNING id, user_id AS userId, display_name AS displayName`,
  );
  const insertScrobbles = (count: number) =>
    database.prepare(
      `INSERT OR IGNORE INTO scrobble (listener_id, started_at_ms, track_id) VALUES ${"(?1, ?, ?), ".repeat(count - 1)}(?1, ?, ?)`,
    );
  const insertOne = insertScrobbles(1);
  const insertMany = insertScrobbles(ROWS_A_STATEMENT);
  const stats = database.prepare(
    `WITH heard AS (
       SELECT track_id FROM play WHERE user_id = ?1
       UNION ALL SELECT track_id FROM scrobble JOIN listener ON listener.id = listener_id WHERE user_id = ?1)
     SELECT count(*) AS totalScrobbles, count(DISTINCT artist) AS uniqueArtists, count(DISTINCT track_id) AS uniqueTracks,
            (SELECT count(*) FROM playlist JOIN listener ON listener.id = listener_id WHERE user_id = ?1) AS playlistsCount
     FROM heard JOIN track ON track.id = track_id`,
  );
  const insertPlaylist = database.prepare(
    "INSERT INTO playlist (listener_id, name, description, type) VALUES (?, ?, ?, ?) RETURNING id",
  );
  const places = database.prepare(
    `SELECT coalesce(max(place), 0) AS last FROM playlist LEFT JOIN playlist_track ON playlist_id = playlist.id
     WHERE playlist.id = ? GROUP BY playlist.id`,
  );
  const insertPlace = database.prepare("INSERT INTO playlist_track (playlist_id, place, track_id) VALUES (?, ?, ?)");
  const playlists = database.prepare(
    `SELECT CAST(playlist.id AS TEXT) AS playlistId, name, description, type,
            (SELECT count(*) FROM playlist_track WHERE playlist_id = playlist.id) AS trackCount
     FROM playlist JOIN listener ON listener.id = listener_id WHERE user_id = ? ORDER BY playlist.id`,
  );
  const playlistTracks = database.prepare(
    `SELECT title, artist, duration_ms AS durationMs, identifier
     FROM playlist_track JOIN track ON track.id = track_id WHERE playlist_id = ? ORDER BY place`,
  );
  const trackId = database.prepare("SELECT id FROM track WHERE key = ?");
  const clearTags = database.prepare("DELETE FROM track_tag WHERE track_id = ?");
  const insertTag = database.prepare("INSERT OR REPLACE INTO track_tag (track_id, name, weight) VALUES (?, ?, ?)");
  const tags = database.prepare(
    `SELECT name, weight FROM track_tag JOIN track ON track.id = track_id WHERE key = ? ORDER BY weight DESC, name`,
  );

  const listener = (userId: string, displayName?: string) => {
    checkTexts("a user", { userId, displayName });
    return insertListener.get(userId, displayName ?? null) as unknown as User & { readonly id: number };
  };
  const write = <T>(task: () => T): T => {
    open();
    try {
      return inTransaction(database, task);
    } catch (error) {
      tracks.forget();
      throw error;
    }
  };
  /** The number of a playlist's last place; refuses a playlist that is not there. */
  const lastPlace = (playlistId: string): number => {
    const row = places.get(playlistId);
    if (row !== undefined) return row["last"] as number;
    throw new RecommenderError(
      "RECOMMENDER_PLAYLIST_UNKNOWN",
      `There is no playlist ${playlistId.slice(0, 80)}. Create it with createPlaylist.`,
      { details: { playlistId } },
    );
  };

  return {
    async getOrCreateUser(userId, { displayName } = {}) {
      const { id: _id, ...user } = write(() => listener(userId, displayName));
      return user;
    },
    async getUserStats(userId) {
      open();
      return { ...stats.get(userId) } as unknown as UserStats;
    },
    async getOrCreateTrack(track, { album } = {}) {
      checkTrack("a track", track);
      checkTexts("a track", { album });
      write(() => tracks.idOf(track, album));
      return trackKey(track.artist, track.title);
    },
    async recordScrobbles(userId, scrobbles) {
      for (const { track, album, startedAtMs } of scrobbles) {
        checkTrack("a scrobble", track);
        checkTexts("a scrobble", { album });
        checkTime("a scrobble", startedAtMs);
      }
      const inserted = write(() => {
        const { id } = listener(userId);
        let count = 0;
        let pending: number[] = [id];
        for (const { track, album, startedAtMs } of scrobbles) {
          pending.push(startedAtMs, tracks.idOf(track, album));
          if (pending.length <= 2 * ROWS_A_STATEMENT) continue;
          count += Number(insertMany.run(...pending).changes);
          pending = [id];
        }
        for (let at = 1; at < pending.length; at += 2) {
          count += Number(insertOne.run(id, pending[at] as number, pending[at + 1] as number).changes);
        }
        return count;
      });
      return { inserted, duplicate: scrobbles.length - inserted };
    },
    async createPlaylist({ userId, name, description, type = "custom" }) {
      checkTexts("a playlist", { name, description, type });
      const row = write(() => insertPlaylist.get(listener(userId).id, name, description ?? null, type));
      return String(row?.["id"]);
    },
    async addTracksToPlaylist(playlistId, added) {
      for (const track of added) checkTrack("a playlist's track", track);
      return write(() => {
        const last = lastPlace(playlistId);
        for (const [index, track] of added.entries()) insertPlace.run(playlistId, last + index + 1, tracks.idOf(track));
        return last + added.length;
      });
    },
    async getUserPlaylists(userId) {
      open();
      return playlists.all(userId).map((row) => ({ ...row })) as unknown as Playlist[];
    },
    async getPlaylistTracks(playlistId) {
      open();
      lastPlace(playlistId);
      return playlistTracks.all(playlistId).map((row) => ({ ...row })) as unknown as Track[];
    },
    async setTrackTags(key, replacing) {
      for (const { name } of replacing) checkTexts("a tag", { name });
      write(() => {
        const id = trackId.get(key)?.["id"];
        if (id === undefined) return;
        clearTags.run(id);
        for (const { name, weight } of replacing) insertTag.run(id, name, weight);
      });
    },
    async trackTags(keys) {
      open();
      return new Map(keys.map((key) => [key, tags.all(key).map((row) => ({ ...row })) as unknown as TrackTag[]]));
    },
  };
}
