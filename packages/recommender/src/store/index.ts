export {
  SKIP_RATIO,
  type FollowUp,
  type HistoryStore,
  type ListenerStats,
  type TrackSummary,
} from "./history-store.ts";
export type { Play, Track } from "./play.ts";
export type {
  CreatePlaylistOptions,
  ListenerLibrary,
  Playlist,
  Scrobble,
  ScrobbleCounts,
  TrackTag,
  User,
  UserStats,
} from "./listener-library.ts";
export type {
  ArtistCount,
  Listen,
  ListeningLog,
  Period,
  PopularityOptions,
  PopularTrack,
  TimedCount,
  TrackCount,
} from "./listening-log.ts";
export { openPostgresHistoryStore, type PostgresHistoryStoreOptions } from "./postgres-history-store.ts";
export { openSqliteHistoryStore, type SqliteHistoryStoreOptions } from "./sqlite-history-store.ts";
