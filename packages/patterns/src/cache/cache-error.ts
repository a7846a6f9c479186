import { AntiphonError } from "@antiphon/std";

/** What can go wrong in the cache. */
export type CacheErrorCode =
  /** An option makes no sense; the message names it. */
  | "CACHE_OPTIONS_INVALID"
  /** The cache or level was closed. */
  | "CACHE_CLOSED"
  /** A function's arguments are not plain data and make no key. */
  | "CACHE_KEY_NOT_DERIVABLE"
  /** A value cannot be written to a level that stores bytes. */
  | "CACHE_VALUE_NOT_STORABLE"
  /** Another process or cache has the disk level's file open. */
  | "CACHE_DISK_IN_USE"
  /** The disk level's file cannot be opened or written. */
  | "CACHE_DISK_FAILED"
  /** The distributed level cannot reach its server now. */
  | "CACHE_REDIS_UNAVAILABLE";

/** A failure of the cache. */
export class CacheError extends AntiphonError<CacheErrorCode> {}
