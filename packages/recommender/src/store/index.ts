export {
  SKIP_RATIO,
  type FollowUp,
  type HistoryStore,
  type ListenerStats,
  type Play,
  type Track,
  type TrackSummary,
} from "./history-store.ts";
export { openSqliteHistoryStore, type SqliteHistoryStoreOptions } from "./sqlite-history-store.ts";
