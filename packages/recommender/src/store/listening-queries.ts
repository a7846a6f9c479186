import { sql, type Kysely } from "kysely";
import { artistKey } from "../track-key.ts";
import type { HistorySchema } from "./history-schema.ts";
import type { HistorySession } from "./history-session.ts";
import { SKIP_RATIO, type HistoryStore } from "./history-store.ts";
import type { Track } from "./play.ts";
import type { Listen, ListeningLog, Period, TimedCount } from "./listening-log.ts";
import { playColumns, toPlay, toTrack, trackColumns } from "./track-columns.ts";

/** Databases take so many parameters in one statement. */
const KEYS_A_QUERY = 500;
const ROWS_A_PAGE = 5_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW_MS = 14 * DAY_MS;

/** What a listener heard in a period, as `listen` with a track's id and a time. */
function listensOf(database: Kysely<HistorySchema>, userId: string, { sinceMs = 0, untilMs }: Period = {}) {
  const end = untilMs ?? Number.MAX_SAFE_INTEGER;
  return database
    .selectFrom("play")
    .select(["track_id", "started_at_ms"])
    .where("user_id", "=", userId)
    .where("started_at_ms", ">=", sinceMs)
    .where("started_at_ms", "<", end)
    .where("heard_ratio", ">=", SKIP_RATIO)
    .unionAll(
      database
        .selectFrom("scrobble")
        .innerJoin("listener", "listener.id", "listener_id")
        .select(["track_id", "started_at_ms"])
        .where("listener.user_id", "=", userId)
        .where("started_at_ms", ">=", sinceMs)
        .where("started_at_ms", "<", end),
    )
    .as("listen");
}

/** How often each track was heard, as `counted`. */
function countedOf(database: Kysely<HistorySchema>, userId: string, period?: Period) {
  return database
    .selectFrom(listensOf(database, userId, period))
    .select("track_id")
    .select(({ fn }) => [fn.countAll<number>().as("listens"), fn.max("started_at_ms").as("last_heard_at_ms")])
    .groupBy("track_id")
    .as("counted");
}

/** Builds the part of a store that tells about listening over time. */
export function createListeningQueries(session: HistorySession): ListeningLog & Pick<HistoryStore, "histories"> {
  /** A page of listens in one direction; `after` is the last one of the page before. */
  const page = (
    database: Kysely<HistorySchema>,
    userId: string,
    period: Period,
    order: "asc" | "desc",
    limit: number,
  ) =>
    database
      .selectFrom(listensOf(database, userId, period))
      .innerJoin("track", "track.id", "listen.track_id")
      .select(trackColumns)
      .select(["album", "listen.started_at_ms"])
      .orderBy("listen.started_at_ms", order)
      .orderBy("track.key")
      .limit(limit);

  return {
    recentListens: (userId, { limit = 50, ...period } = {}) =>
      session.read(async (database) => (await page(database, userId, period, "desc", limit).execute()).map(toListen)),

    async *listens(userId) {
      const rows = byTime((sinceMs, offset) =>
        session.read((database) => page(database, userId, { sinceMs }, "asc", ROWS_A_PAGE).offset(offset).execute()),
      );
      for await (const row of rows) yield toListen(row);
    },

    async *playsOf(userId) {
      const rows = byTime((sinceMs, offset) =>
        session.read((database) =>
          database
            .selectFrom("play")
            .innerJoin("track", "track.id", "play.track_id")
            .select(trackColumns)
            .select(playColumns)
            .where("user_id", "=", userId)
            .where("started_at_ms", ">=", sinceMs)
            .orderBy("started_at_ms")
            .orderBy("play_id")
            .limit(ROWS_A_PAGE)
            .offset(offset)
            .execute(),
        ),
      );
      for await (const row of rows) yield toPlay(row);
    },

    topArtists: (userId, { limit = 15, ...period } = {}) =>
      session.read((database) =>
        database
          .selectFrom(countedOf(database, userId, period))
          .innerJoin("track", "track.id", "counted.track_id")
          .select("artist")
          .select(({ fn }) => fn.sum<number>("listens").as("listens"))
          .where("artist", "!=", "")
          .groupBy("artist")
          .orderBy("listens", "desc")
          .orderBy("artist")
          .limit(limit)
          .execute(),
      ),

    topTracks: (userId, { limit = 50, ...period } = {}) =>
      session.read(async (database) => {
        const rows = await database
          .selectFrom(countedOf(database, userId, period))
          .innerJoin("track", "track.id", "counted.track_id")
          .select(trackColumns)
          .select(["listens", "last_heard_at_ms"])
          .orderBy("listens", "desc")
          .orderBy("last_heard_at_ms", "desc")
          .orderBy("key")
          .limit(limit)
          .execute();
        return rows.map((row) => ({
          key: row.key,
          track: toTrack(row),
          listens: row.listens,
          lastHeardAtMs: row.last_heard_at_ms,
        }));
      }),

    listenCounts: (userId, keys) =>
      session.read(async (database) => {
        const counts = new Map<string, number>();
        for (let at = 0; at < keys.length; at += KEYS_A_QUERY) {
          const rows = await database
            .selectFrom(countedOf(database, userId))
            .innerJoin("track", "track.id", "counted.track_id")
            .select(["key", "listens"])
            .where("key", "in", keys.slice(at, at + KEYS_A_QUERY))
            .execute();
          for (const { key, listens } of rows) counts.set(key, listens);
        }
        return counts;
      }),

    listeningHours: (userId, period) =>
      session.read(async (database) => {
        const hour = sql<number>`started_at_ms / ${sql.lit(HOUR_MS)}`;
        const rows = await database
          .selectFrom(listensOf(database, userId, period))
          .select(hour.as("slot"))
          .select(({ fn }) => fn.countAll<number>().as("count"))
          .groupBy(hour)
          .orderBy("slot")
          .execute();
        return rows.map(({ slot, count }): TimedCount => ({ startMs: slot * HOUR_MS, count }));
      }),

    discoveryDays: (userId) =>
      session.read(async (database) => {
        const first = database
          .selectFrom(listensOf(database, userId))
          .select(({ fn }) => fn.min("started_at_ms").as("first_ms"))
          .groupBy("track_id")
          .as("first");
        const day = sql<number>`first_ms / ${sql.lit(DAY_MS)}`;
        const rows = await database
          .selectFrom(first)
          .select(day.as("slot"))
          .select(({ fn }) => fn.countAll<number>().as("count"))
          .groupBy(day)
          .orderBy("slot")
          .execute();
        return rows.map(({ slot, count }): TimedCount => ({ startMs: slot * DAY_MS, count }));
      }),

    popularTracks: ({ nowMs, windowMs = WINDOW_MS, communityId, limit = 100 }) =>
      session.read(async (database) => {
        const sinceMs = nowMs - windowMs;
        const plays = database
          .selectFrom("play")
          .select(["track_id", "started_at_ms"])
          .select(({ fn, val }) => fn.coalesce("user_id", val("")).as("who"))
          .where("started_at_ms", ">", sinceMs)
          .where("started_at_ms", "<=", nowMs)
          .where("heard_ratio", ">=", SKIP_RATIO)
          .$if(communityId !== undefined, (query) => query.where("community_id", "=", communityId ?? ""));
        // A listener's scrobbles stand in the order of time: a look for each listener beats an index that every import would feed.
        const scrobbles = database
          .selectFrom("listener")
          .innerJoin("scrobble", "scrobble.listener_id", "listener.id")
          .select(["track_id", "started_at_ms", "user_id as who"])
          .where("started_at_ms", ">", sinceMs)
          .where("started_at_ms", "<=", nowMs);
        const heard = communityId === undefined ? plays.unionAll(scrobbles) : plays;
        const rows = await database
          .with("hot", (query) =>
            query
              .selectFrom(heard.as("heard"))
              .select("track_id")
              .select(({ fn }) => [
                sql<number>`sum((started_at_ms - ${sql.lit(sinceMs)}) * 1.0) / ${sql.lit(windowMs)}`.as("heat"),
                fn.count<number>("who").distinct().as("listeners"),
              ])
              .groupBy("track_id")
              .orderBy("heat", "desc")
              .limit(limit),
          )
          .selectFrom("hot")
          .innerJoin("track", "track.id", "hot.track_id")
          .select(trackColumns)
          .select(["heat", "listeners"])
          .orderBy("heat", "desc")
          .orderBy("key")
          .execute();
        return rows.map((row) => ({ key: row.key, track: toTrack(row), heat: row.heat, listeners: row.listeners }));
      }),

    tracksOfArtist: (artist, { limit = 200 } = {}) =>
      session.read(async (database) => {
        const rows = await database
          .selectFrom("track")
          .select(trackColumns)
          // Keys are "artist, U+001F, title" and sorted by their bytes.
          .where("key", ">=", `${artistKey(artist)}\u001f`)
          .where("key", "<", `${artistKey(artist)}\u0020`)
          .orderBy("key")
          .limit(limit)
          .execute();
        return new Map(rows.map((row): [string, Track] => [row.key, toTrack(row)]));
      }),

    tracksOfTag: (name, { limit = 200 } = {}) =>
      session.read(async (database) => {
        const rows = await database
          .selectFrom("track_tag")
          .innerJoin("track", "track.id", "track_id")
          .select(trackColumns)
          .select("weight")
          .where(({ fn }) => fn<string>("lower", ["track_tag.name"]), "=", name.toLowerCase())
          .orderBy("weight", "desc")
          .orderBy("key")
          .limit(limit)
          .execute();
        return rows.map((row) => ({ key: row.key, track: toTrack(row), weight: row.weight }));
      }),

    async *histories() {
      const nobody = sql<string>`'community:' || community_id`;
      const listeners = await session.read((database) =>
        database
          .selectFrom("listener")
          .select("user_id as who")
          .union(
            database
              .selectFrom("play")
              .select("user_id as who")
              .where("user_id", "is not", null)
              .$narrowType<{ who: string }>(),
          )
          .orderBy("who")
          .execute(),
      );
      const communities = await session.read((database) =>
        database
          .selectFrom("play")
          .select(["community_id", nobody.as("who")])
          .distinct()
          .where("user_id", "is", null)
          .where("heard_ratio", ">=", SKIP_RATIO)
          .orderBy("community_id")
          .execute(),
      );
      for (const { community_id: communityId, who } of communities) {
        const rows = await session.read((database) =>
          database
            .selectFrom("play")
            .innerJoin("track", "track.id", "track_id")
            .select("key")
            .where("community_id", "=", communityId)
            .where("user_id", "is", null)
            .where("heard_ratio", ">=", SKIP_RATIO)
            .orderBy("started_at_ms")
            .execute(),
        );
        yield { userId: who, itemIds: rows.map(({ key }) => key) };
      }
      for (const { who } of listeners) {
        const rows = await session.read((database) =>
          database
            .selectFrom(listensOf(database, who))
            .innerJoin("track", "track.id", "listen.track_id")
            .select("key")
            .orderBy("listen.started_at_ms")
            .execute(),
        );
        if (rows.length > 0) yield { userId: who, itemIds: rows.map(({ key }) => key) };
      }
    },
  };
}

/**
 * Reads page after page in the order of time. A page begins at the last moment of the one before, whose rows have been given and
 * are left out by their number.
 */
async function* byTime<Row extends { readonly started_at_ms: number }>(
  readPage: (sinceMs: number, offset: number) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  let sinceMs = 0;
  let given = 0;
  for (;;) {
    const rows = await readPage(sinceMs, given);
    yield* rows;
    const last = rows.at(-1)?.started_at_ms;
    if (last === undefined || rows.length < ROWS_A_PAGE) return;
    const ofLastMoment = rows.filter((row) => row.started_at_ms === last).length;
    given = last === sinceMs ? given + ofLastMoment : ofLastMoment;
    sinceMs = last;
  }
}

function toListen(
  row: Parameters<typeof toTrack>[0] & { key: string; album: string | null; started_at_ms: number },
): Listen {
  return { key: row.key, track: toTrack(row), album: row.album, startedAtMs: row.started_at_ms };
}
