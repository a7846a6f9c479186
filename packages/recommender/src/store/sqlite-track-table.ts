import type { DatabaseSync } from "node:sqlite";
import { trackKey } from "../track-key.ts";
import type { Track } from "./history-store.ts";

/** The table of tracks, with the ids of many in memory: an import asks for the same ones again and again. */
export interface SqliteTrackTable {
  /** The row id of a track, which is made or brought up to date. */
  upsert(track: Track): number;
  /** The row id of a track, which is made when it is missing; what is there stays. */
  idOf(track: Track, album?: string): number;
  /** Forgets what it holds in memory; for after a rollback. */
  forget(): void;
}

const REMEMBERED = 100_000;

/** Builds a {@link SqliteTrackTable}. */
export function createSqliteTrackTable(database: DatabaseSync): SqliteTrackTable {
  const values = "INSERT INTO track (key, title, artist, duration_ms, identifier, album) VALUES (?, ?, ?, ?, ?, ?)";
  const upsert = database.prepare(
    `${values} ON CONFLICT (key) DO UPDATE
     SET duration_ms = coalesce(excluded.duration_ms, duration_ms), identifier = excluded.identifier RETURNING id`,
  );
  const insert = database.prepare(`${values} ON CONFLICT (key) DO NOTHING`);
  const find = database.prepare("SELECT id FROM track WHERE key = ?");
  const remembered = new Map<string, number>();
  const findOrInsert = ({ artist, title, durationMs, identifier }: Track, album: string | undefined): number => {
    const key = trackKey(artist, title);
    const { changes, lastInsertRowid } = insert.run(key, title, artist, durationMs, identifier, album ?? null);
    return changes === 1 ? Number(lastInsertRowid) : (find.get(key)?.["id"] as number);
  };
  return {
    upsert({ artist, title, durationMs, identifier }) {
      return upsert.get(trackKey(artist, title), title, artist, durationMs, identifier, null)?.["id"] as number;
    },
    idOf(track, album) {
      const text = `${track.artist}\u001f${track.title}`;
      const known = remembered.get(text);
      if (known !== undefined) return known;
      if (remembered.size >= REMEMBERED) remembered.clear();
      const id = findOrInsert(track, album);
      remembered.set(text, id);
      return id;
    },
    forget: () => remembered.clear(),
  };
}
