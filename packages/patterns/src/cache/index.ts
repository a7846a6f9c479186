export { type AsyncMethod } from "../method-wrapper.ts";
export { CacheError, type CacheErrorCode } from "./cache-error.ts";
export { type Awaitable, type CacheEntry, type CacheLevel, type Invalidation, type LevelStats } from "./cache-level.ts";
export { cached, type Cached, type CachedOptions } from "./cached.ts";
export {
  createCache,
  type Cache,
  type CacheEvent,
  type CacheLifetime,
  type CacheOptions,
  type CacheStats,
  type Loader,
  type LoadOptions,
  type SetOptions,
} from "./create-cache.ts";
export { openDiskLevel, type DiskLevelOptions } from "./disk-level.ts";
export { type ValueCodec } from "./entry-codec.ts";
export { CacheStrategy } from "./eviction/eviction-policy.ts";
export { type LevelOperation } from "./level-stack.ts";
export {
  createMemoryCache,
  type MemoryCache,
  type MemoryCacheOptions,
  type MemoryCacheStats,
  type MemoryEntryOptions,
  type RemovalReason,
} from "./memory-cache.ts";
export { createMemoryLevel, type MemoryLevelOptions } from "./memory-level.ts";
export { connectRedisLevel, type RedisLevelOptions } from "./redis-level.ts";
