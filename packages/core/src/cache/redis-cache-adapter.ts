import type { CacheAdapter, CacheChange } from "./cache-adapter.ts";
import type { CacheKind } from "./cache-collections.ts";

/** What the adapter needs of a Redis client; a `Redis` of ioredis is one. */
export interface RedisCommands {
  /** Sends one command. */
  call(command: string, args: string[]): Promise<unknown>;
}

/** Options of {@link createRedisCacheAdapter}. */
export interface RedisCacheAdapterOptions {
  /** The client; it stays open when the adapter is closed. */
  readonly redis: RedisCommands;
  /** What all keys begin with; a bot of its own needs one of its own. Defaults to `antiphon:cache`. */
  readonly namespace?: string | undefined;
  /** For how long an entry is kept after it was written, in milliseconds. Defaults to a day. */
  readonly ttlMs?: number | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** As many keys as one command takes. */
const KEYS_PER_COMMAND = 500;

/** A {@link CacheAdapter} in Redis: a text for each entry, and a set for each group. */
export function createRedisCacheAdapter(options: RedisCacheAdapterOptions): CacheAdapter {
  const { redis, namespace = "antiphon:cache", ttlMs = DAY_MS } = options;
  const entryKey = (kind: CacheKind, key: string) => `${namespace}:${kind}:${key}`;
  const groupKey = (kind: CacheKind, group: string) => `${namespace}:${kind}:in:${group}`;
  const members = async (kind: CacheKind, group: string) =>
    (await redis.call("SMEMBERS", [groupKey(kind, group)])) as string[];

  const read = async (kind: CacheKind, keys: readonly string[]): Promise<unknown[]> => {
    const values: unknown[] = [];
    for (let from = 0; from < keys.length; from += KEYS_PER_COMMAND) {
      const some = keys.slice(from, from + KEYS_PER_COMMAND).map((key) => entryKey(kind, key));
      const texts = (await redis.call("MGET", some)) as (string | null)[];
      for (const text of texts) values.push(text === null ? undefined : (JSON.parse(text) as unknown));
    }
    return values;
  };
  const removeGroup = async (kind: CacheKind, group: string) => {
    const keys = (await members(kind, group)).map((key) => entryKey(kind, key));
    keys.push(groupKey(kind, group));
    for (let from = 0; from < keys.length; from += KEYS_PER_COMMAND)
      await redis.call("DEL", keys.slice(from, from + KEYS_PER_COMMAND));
  };
  const apply = async (change: CacheChange): Promise<unknown> => {
    const { kind, group } = change;
    if (change.type === "removeGroup") return removeGroup(kind, group);
    const key = entryKey(kind, change.key);
    if (change.type === "remove")
      return Promise.all([redis.call("DEL", [key]), redis.call("SREM", [groupKey(kind, group), change.key])]);
    return Promise.all([
      redis.call("SET", [key, JSON.stringify(change.value), "PX", String(ttlMs)]),
      redis.call("SADD", [groupKey(kind, group), change.key]),
      redis.call("PEXPIRE", [groupKey(kind, group), String(ttlMs)]),
    ]);
  };

  return {
    read,
    async readGroup(kind, group) {
      const values = await read(kind, await members(kind, group));
      return values.filter((value) => value !== undefined);
    },
    async write(changes) {
      // A client sends commands in the order in which they are given, so only a group's removal, which reads first, is waited for.
      let sent: Promise<unknown>[] = [];
      for (const change of changes) {
        if (change.type !== "removeGroup") {
          sent.push(apply(change));
          continue;
        }
        await Promise.all(sent);
        sent = [];
        await apply(change);
      }
      await Promise.all(sent);
    },
    close: () => Promise.resolve(),
  };
}
