import { Kysely, PostgresDialect, sql, type PostgresPool } from "kysely";
import { trackKey } from "../track-key.ts";
import type { HistoryDriver } from "./history-driver.ts";
import type { HistorySchema } from "./history-schema.ts";

/** PostgreSQL's `disk_full`. */
const DISK_FULL = "53100";

/** Builds the {@link HistoryDriver} over a pool of connections to a PostgreSQL database whose tables are there. */
export function createPostgresDriver(pool: PostgresPool, place: string): HistoryDriver {
  const database = new Kysely<HistorySchema>({ dialect: new PostgresDialect({ pool }) });
  return {
    database,
    place,
    async trackIds(transaction, tracks) {
      if (tracks.length === 0) return [];
      const keys = tracks.map(({ track }) => trackKey(track.artist, track.title));
      const byKey = new Map(
        keys.map((key, index) => [key, tracks[index]]).toReversed() as [string, (typeof tracks)[0]][],
      );
      // In one order for all, so that two imports never wait for each other.
      const wanted = [...byKey].sort(([left], [right]) => (left < right ? -1 : 1));
      const column = (pick: (track: (typeof tracks)[0]) => string | number | null) =>
        wanted.map(([, track]) => pick(track));
      await sql`
        INSERT INTO track (key, title, artist, duration_ms, identifier, album)
        SELECT * FROM unnest(
          ${wanted.map(([key]) => key)}::text[], ${column(({ track }) => track.title)}::text[],
          ${column(({ track }) => track.artist)}::text[], ${column(({ track }) => track.durationMs)}::bigint[],
          ${column(({ track }) => track.identifier)}::text[], ${column(({ album }) => album ?? null)}::text[])
        ON CONFLICT (key) DO NOTHING`.execute(transaction);
      const { rows } = await sql<{ key: string; id: number }>`
        SELECT key, id FROM track WHERE key = ANY(${wanted.map(([key]) => key)}::text[])`.execute(transaction);
      const ids = new Map(rows.map(({ key, id }) => [key, id]));
      return keys.map((key) => ids.get(key) as number);
    },
    async insertScrobbles(transaction, listenerId, startedAtMs, trackIds) {
      const { numAffectedRows } = await sql`
        INSERT INTO scrobble (listener_id, started_at_ms, track_id)
        SELECT ${listenerId}::integer, started, track
        FROM unnest(${[...startedAtMs]}::bigint[], ${[...trackIds]}::integer[]) AS listen (started, track)
        ORDER BY started, track
        ON CONFLICT DO NOTHING`.execute(transaction);
      return Number(numAffectedRows ?? 0n);
    },
    async lockTracks(transaction) {
      await sql`LOCK TABLE track IN SHARE ROW EXCLUSIVE MODE`.execute(transaction);
    },
    isFull: (error) => error instanceof Error && "code" in error && error.code === DISK_FULL,
    close: () => database.destroy(),
  };
}
