import type { CacheKind } from "./cached-values.ts";

/** One change of the cache, to be made in a store as well. */
export type CacheChange =
  /** An entry came in or was replaced; `value` is plain JSON. */
  | {
      readonly type: "put";
      readonly kind: CacheKind;
      readonly group: string;
      readonly key: string;
      readonly value: unknown;
    }
  | { readonly type: "remove"; readonly kind: CacheKind; readonly group: string; readonly key: string }
  /** All entries of a group have gone: those of a guild, or the messages of a channel. */
  | { readonly type: "removeGroup"; readonly kind: CacheKind; readonly group: string };

/**
 * A store outside of the process that holds what the cache holds, and what it had to give up. Keys are ids; those of members, voice
 * states and messages have the id of the guild or channel before them: `guild:user`.
 */
export interface CacheAdapter {
  /** The values with these keys, in their order; undefined for what it does not have. */
  read(kind: CacheKind, keys: readonly string[]): Promise<readonly unknown[]>;
  /** The values of a group, in any order. */
  readGroup(kind: CacheKind, group: string): Promise<readonly unknown[]>;
  /** Makes changes, in their order. */
  write(changes: readonly CacheChange[]): Promise<void>;
  /** Lets go of what the adapter has opened; idempotent. */
  close(): Promise<void>;
}
