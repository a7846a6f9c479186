export { openFileStore, type FileStoreOptions } from "./file-store.ts";
export { createMemoryStore } from "./memory-store.ts";
export { createRedisStore, type RedisHashClient, type RedisStoreOptions } from "./redis-store.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";
export type { StateStore } from "./state-store.ts";
