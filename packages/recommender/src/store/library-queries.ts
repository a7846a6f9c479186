import { sql, type Kysely, type Transaction } from "kysely";
import { RecommenderError } from "../error.ts";
import { trackKey } from "../track-key.ts";
import { checkTexts, checkTime, checkTrack } from "./check-track.ts";
import type { HistoryDriver } from "./history-driver.ts";
import type { HistorySchema } from "./history-schema.ts";
import type { HistorySession } from "./history-session.ts";
import type { ListenerLibrary, TrackTag } from "./listener-library.ts";
import { toTrack, trackColumns } from "./track-columns.ts";

const ROWS_A_STATEMENT = 500;

/** Builds the part of a store that is about listeners and what is theirs. */
export function createLibraryQueries(driver: HistoryDriver, session: HistorySession): ListenerLibrary {
  const listener = (transaction: Transaction<HistorySchema>, userId: string, displayName?: string) =>
    transaction
      .insertInto("listener")
      .values({ user_id: userId, display_name: displayName ?? null })
      .onConflict((conflict) =>
        conflict.column("user_id").doUpdateSet(({ fn, ref }) => ({
          display_name: fn.coalesce(ref("excluded.display_name"), ref("listener.display_name")),
        })),
      )
      .returning(["id", "user_id as userId", "display_name as displayName"])
      .executeTakeFirstOrThrow();

  return {
    async getOrCreateUser(userId, { displayName } = {}) {
      checkTexts("a user", { userId, displayName });
      const { id: _id, ...user } = await session.write((transaction) => listener(transaction, userId, displayName));
      return user;
    },

    findUser: (userId) =>
      session.read((database) =>
        database
          .selectFrom("listener")
          .select(["user_id as userId", "display_name as displayName"])
          .where("user_id", "=", userId)
          .executeTakeFirst(),
      ),

    getUserStats: (userId) =>
      session.read(async (database) => {
        const heard = database
          .selectFrom("play")
          .select("track_id")
          .where("user_id", "=", userId)
          .unionAll(
            database
              .selectFrom("scrobble")
              .innerJoin("listener", "listener.id", "listener_id")
              .select("track_id")
              .where("user_id", "=", userId),
          );
        // By track first: artists are then looked up once for each track, not once for each listen.
        const totals = await database
          .with("heard", () => heard)
          .with("counted", (query) =>
            query
              .selectFrom("heard")
              .select("track_id")
              .select(({ fn }) => fn.countAll<number>().as("listens"))
              .groupBy("track_id"),
          )
          .selectFrom("counted")
          .innerJoin("track", "track.id", "counted.track_id")
          .select(({ fn }) => [
            sql<number>`coalesce(sum(listens), 0)`.as("totalScrobbles"),
            fn.count<number>("artist").distinct().as("uniqueArtists"),
            fn.countAll<number>().as("uniqueTracks"),
          ])
          .executeTakeFirstOrThrow();
        const { playlistsCount } = await database
          .selectFrom("playlist")
          .innerJoin("listener", "listener.id", "listener_id")
          .select(({ fn }) => fn.countAll<number>().as("playlistsCount"))
          .where("user_id", "=", userId)
          .executeTakeFirstOrThrow();
        return { ...totals, playlistsCount };
      }),

    async getOrCreateTrack(track, { album } = {}) {
      checkTrack("a track", track);
      checkTexts("a track", { album });
      await session.write((transaction) => driver.trackIds(transaction, [{ track, album }]));
      return trackKey(track.artist, track.title);
    },

    async recordScrobbles(userId, scrobbles) {
      checkTexts("a user", { userId });
      for (const { track, album, startedAtMs } of scrobbles) {
        checkTrack("a scrobble", track);
        checkTexts("a scrobble", { album });
        checkTime("a scrobble", startedAtMs);
      }
      const inserted = await session.write(async (transaction) => {
        const { id } = await listener(transaction, userId);
        const trackIds = await driver.trackIds(transaction, scrobbles);
        const starts = scrobbles.map(({ startedAtMs }) => startedAtMs);
        return driver.insertScrobbles(transaction, id, starts, trackIds);
      });
      return { inserted, duplicate: scrobbles.length - inserted };
    },

    async createPlaylist({ userId, name, description, type = "custom" }) {
      checkTexts("a playlist", { userId, name, description, type });
      const { id } = await session.write(async (transaction) =>
        transaction
          .insertInto("playlist")
          .values({
            listener_id: (await listener(transaction, userId)).id,
            name,
            description: description ?? null,
            type,
          })
          .returning("id")
          .executeTakeFirstOrThrow(),
      );
      return String(id);
    },

    async addTracksToPlaylist(playlistId, added) {
      for (const track of added) checkTrack("a playlist's track", track);
      return session.write(async (transaction) => {
        const { id, last } = await placesOf(transaction, playlistId, true);
        const trackIds = await driver.trackIds(
          transaction,
          added.map((track) => ({ track })),
        );
        for (let at = 0; at < trackIds.length; at += ROWS_A_STATEMENT) {
          const part = trackIds.slice(at, at + ROWS_A_STATEMENT);
          await transaction
            .insertInto("playlist_track")
            .values(
              part.map((trackId, index) => ({ playlist_id: id, place: last + at + index + 1, track_id: trackId })),
            )
            .execute();
        }
        return last + added.length;
      });
    },

    getUserPlaylists: (userId) =>
      session.read(async (database) => {
        const rows = await database
          .selectFrom("playlist")
          .innerJoin("listener", "listener.id", "listener_id")
          .select(["playlist.id", "name", "description", "type"])
          .select(({ selectFrom }) =>
            selectFrom("playlist_track")
              .select(({ fn }) => fn.countAll<number>().as("count"))
              .whereRef("playlist_id", "=", "playlist.id")
              .as("trackCount"),
          )
          .where("user_id", "=", userId)
          .orderBy("playlist.id")
          .execute();
        return rows.map(({ id, trackCount, ...row }) => ({
          playlistId: String(id),
          ...row,
          trackCount: trackCount ?? 0,
        }));
      }),

    getPlaylistTracks: (playlistId) =>
      session.read(async (database) => {
        const { id } = await placesOf(database, playlistId, false);
        const rows = await database
          .selectFrom("playlist_track")
          .innerJoin("track", "track.id", "track_id")
          .select(trackColumns)
          .where("playlist_id", "=", id)
          .orderBy("place")
          .execute();
        return rows.map(toTrack);
      }),

    async setTrackTags(key, tags) {
      for (const { name } of tags) checkTexts("a tag", { name });
      const weights = new Map(tags.map(({ name, weight }) => [name, weight]));
      await session.write(async (transaction) => {
        const row = await transaction.selectFrom("track").select("id").where("key", "=", key).executeTakeFirst();
        if (row === undefined) return;
        await transaction.deleteFrom("track_tag").where("track_id", "=", row.id).execute();
        const rows = [...weights].map(([name, weight]) => ({ track_id: row.id, name, weight }));
        if (rows.length > 0) await transaction.insertInto("track_tag").values(rows).execute();
      });
    },

    trackTags: (keys) =>
      session.read(async (database) => {
        const tags = new Map<string, TrackTag[]>(keys.map((key) => [key, []]));
        for (let at = 0; at < keys.length; at += ROWS_A_STATEMENT) {
          const rows = await database
            .selectFrom("track_tag")
            .innerJoin("track", "track.id", "track_id")
            .select(["key", "name", "weight"])
            .where("key", "in", keys.slice(at, at + ROWS_A_STATEMENT))
            .orderBy("weight", "desc")
            .orderBy("name")
            .execute();
          for (const { key, name, weight } of rows) tags.get(key)?.push({ name, weight });
        }
        return tags;
      }),
  };
}

/** A playlist's row and its last place; refuses one that is not there. A playlist that is added to is locked. */
async function placesOf(database: Kysely<HistorySchema>, playlistId: string, isWriting: boolean) {
  const id = /^\d{1,9}$/.test(playlistId) ? Number(playlistId) : 0;
  // Writing to it first makes a second one who appends wait, on every database.
  const row = isWriting
    ? await database
        .updateTable("playlist")
        .set(({ ref }) => ({ type: ref("type") }))
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst()
    : await database.selectFrom("playlist").select("id").where("id", "=", id).executeTakeFirst();
  if (row === undefined) {
    throw new RecommenderError(
      "RECOMMENDER_PLAYLIST_UNKNOWN",
      `There is no playlist ${playlistId.slice(0, 80)}. Create it with createPlaylist.`,
      { details: { playlistId } },
    );
  }
  const { last } = await database
    .selectFrom("playlist_track")
    .select(({ fn }) => fn.max("place").as("last"))
    .where("playlist_id", "=", id)
    .executeTakeFirstOrThrow();
  return { id, last: last ?? 0 };
}
