import { sql } from "kysely";
import type { HistoryDriver } from "./history-driver.ts";
import type { HistorySession } from "./history-session.ts";
import { SKIP_RATIO, type HistoryStore } from "./history-store.ts";
import type { Track } from "./play.ts";
import { checkPlay } from "./check-track.ts";
import { playColumns, toPlay, toTrack, trackColumns } from "./track-columns.ts";

type PlayQueries = Pick<
  HistoryStore,
  "recordPlay" | "recentPlays" | "trackSummaries" | "tracks" | "followUps" | "listenerStats"
>;

const skipped = sql<number>`count(*) FILTER (WHERE heard_ratio < ${sql.lit(SKIP_RATIO)})`;
/** Databases take so many parameters in one statement. */
const KEYS_A_QUERY = 500;

/** Builds the part of a store that is about plays in communities. */
export function createPlayQueries(driver: HistoryDriver, session: HistorySession, sessionGapMs: number): PlayQueries {
  return {
    async recordPlay(play) {
      checkPlay(play);
      const { playId, communityId, userId, track, startedAtMs, heardRatio } = play;
      return session.write(async (transaction) => {
        const known = await transaction.selectFrom("play").select("play_id").where("play_id", "=", playId).execute();
        if (known.length > 0) return false;
        const [trackId = 0] = await driver.trackIds(transaction, [{ track }]);
        await transaction
          .updateTable("track")
          .set({
            identifier: track.identifier,
            ...(track.durationMs === null ? {} : { duration_ms: track.durationMs }),
          })
          .where("id", "=", trackId)
          .execute();
        const row = { play_id: playId, community_id: communityId, user_id: userId, track_id: trackId };
        const result = await transaction
          .insertInto("play")
          .values(({ selectFrom }) => ({
            ...row,
            started_at_ms: startedAtMs,
            heard_ratio: heardRatio,
            previous_id: selectFrom("play")
              .select("track_id")
              .where("community_id", "=", communityId)
              .where("started_at_ms", "<", startedAtMs)
              .where("started_at_ms", ">=", startedAtMs - sessionGapMs)
              .orderBy("started_at_ms", "desc")
              .limit(1),
          }))
          .onConflict((conflict) => conflict.column("play_id").doNothing())
          .executeTakeFirst();
        return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
      });
    },

    recentPlays: (communityId, { limit = 50 } = {}) =>
      session.read(async (database) => {
        const rows = await database
          .selectFrom("play")
          .innerJoin("track", "track.id", "play.track_id")
          .select(trackColumns)
          .select(playColumns)
          .where("community_id", "=", communityId)
          .orderBy("started_at_ms", "desc")
          .limit(limit)
          .execute();
        return rows.map(toPlay);
      }),

    trackSummaries: (communityId, { limit = 5_000, userId } = {}) =>
      session.read(async (database) => {
        const rows = await database
          .with("counted", (query) =>
            query
              .selectFrom("play")
              .select(["track_id", skipped.as("skips")])
              .select(({ fn }) => [fn.countAll<number>().as("plays"), fn.max("started_at_ms").as("last_played_at_ms")])
              .where("community_id", "=", communityId)
              .$if(userId !== undefined, (own) => own.where("user_id", "=", userId ?? null))
              .groupBy("track_id")
              .orderBy("plays", "desc")
              .orderBy("last_played_at_ms", "desc")
              .limit(limit),
          )
          .selectFrom("counted")
          .innerJoin("track", "track.id", "counted.track_id")
          .select(trackColumns)
          .select(["plays", "skips", "last_played_at_ms"])
          .orderBy("plays", "desc")
          .orderBy("last_played_at_ms", "desc")
          .execute();
        return rows.map((row) => ({
          key: row.key,
          track: toTrack(row),
          plays: row.plays,
          skips: row.skips,
          lastPlayedAtMs: row.last_played_at_ms,
        }));
      }),

    tracks: (keys) =>
      session.read(async (database) => {
        const found = new Map<string, Track>();
        for (let at = 0; at < keys.length; at += KEYS_A_QUERY) {
          const rows = await database
            .selectFrom("track")
            .select(trackColumns)
            .where("key", "in", keys.slice(at, at + KEYS_A_QUERY))
            .execute();
          for (const row of rows) found.set(row.key, toTrack(row));
        }
        return found;
      }),

    followUps: (communityId, key, { limit = 100 } = {}) =>
      session.read((database) =>
        database
          .selectFrom("play")
          .innerJoin("track", "track.id", "play.track_id")
          .select(["track.key as key"])
          .select(({ fn }) => fn.countAll<number>().as("count"))
          .where("community_id", "=", communityId)
          .where("previous_id", "=", ({ selectFrom }) => selectFrom("track").select("id").where("key", "=", key))
          .where("heard_ratio", ">=", SKIP_RATIO)
          .groupBy("track.key")
          .orderBy("count", "desc")
          .orderBy("key")
          .limit(limit)
          .execute(),
      ),

    listenerStats: (userId) =>
      session.read(async (database) => {
        const row = await database
          .selectFrom("play")
          .innerJoin("track", "track.id", "play.track_id")
          .select(({ fn }) => [
            fn.countAll<number>().as("plays"),
            fn.count<number>("artist").distinct().as("uniqueArtists"),
            fn.count<number>("track_id").distinct().as("uniqueTracks"),
            sql<number>`coalesce(sum(duration_ms * heard_ratio), 0)`.as("listenedMs"),
          ])
          .where("user_id", "=", userId)
          .executeTakeFirstOrThrow();
        return { ...row, listenedMs: Math.round(row.listenedMs) };
      }),
  };
}
