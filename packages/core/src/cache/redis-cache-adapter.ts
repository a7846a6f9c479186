import { systemClock, type Clock } from "@antiphon/std";
import { CoreError } from "../core-error.ts";
import type { CacheAdapter, CacheChange } from "./cache-adapter.ts";
import type { CacheKind } from "./cached-values.ts";

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
  /** For how long an entry is kept after it was written, in whole milliseconds. Defaults to a day. */
  readonly ttlMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** As many keys as one command takes. */
const KEYS_PER_COMMAND = 500;

/** Where things are in Redis. */
function createKeys(namespace: string) {
  return {
    entry: (kind: CacheKind, key: string) => `${namespace}:${kind}:${key}`,
    group: (kind: CacheKind, group: string) => `${namespace}:${kind}:sorted-in:${group}`,
  };
}

function checkTtl(ttlMs: number): void {
  if (Number.isSafeInteger(ttlMs) && ttlMs >= 1) return;
  const message = `createRedisCacheAdapter: ttlMs is ${ttlMs}; it must be a whole number of milliseconds, at least 1.`;
  throw new CoreError("CORE_OPTION_INVALID", message, { details: { path: "ttlMs", value: ttlMs } });
}

/** Makes changes in their order: a client sends commands as they are given, so only what reads first, a group's removal, is waited for. */
async function applyInOrder(changes: readonly CacheChange[], apply: (change: CacheChange) => Promise<unknown>) {
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
}

/**
 * A {@link CacheAdapter} in Redis: a text for each entry, and for each group a set of its keys, sorted by when they expire.
 *
 * @throws {@link CoreError} `CORE_OPTION_INVALID`
 */
export function createRedisCacheAdapter(options: RedisCacheAdapterOptions): CacheAdapter {
  const { redis, namespace = "antiphon:cache", ttlMs = DAY_MS, clock = systemClock } = options;
  checkTtl(ttlMs);
  const keys = createKeys(namespace);
  const members = async (kind: CacheKind, group: string) =>
    (await redis.call("ZRANGEBYSCORE", [keys.group(kind, group), String(clock.now()), "+inf"])) as string[];

  const read = async (kind: CacheKind, names: readonly string[]): Promise<unknown[]> => {
    const values: unknown[] = [];
    for (let from = 0; from < names.length; from += KEYS_PER_COMMAND) {
      const some = names.slice(from, from + KEYS_PER_COMMAND).map((name) => keys.entry(kind, name));
      const texts = (await redis.call("MGET", some)) as (string | null)[];
      for (const text of texts) values.push(text === null ? undefined : (JSON.parse(text) as unknown));
    }
    return values;
  };
  const removeGroup = async (kind: CacheKind, group: string) => {
    const gone = (await members(kind, group)).map((name) => keys.entry(kind, name));
    gone.push(keys.group(kind, group));
    for (let from = 0; from < gone.length; from += KEYS_PER_COMMAND)
      await redis.call("DEL", gone.slice(from, from + KEYS_PER_COMMAND));
  };
  const apply = (change: CacheChange): Promise<unknown> => {
    const { kind, group } = change;
    if (change.type === "removeGroup") return removeGroup(kind, group);
    const [entry, place] = [keys.entry(kind, change.key), keys.group(kind, group)];
    if (change.type === "remove")
      return Promise.all([redis.call("DEL", [entry]), redis.call("ZREM", [place, change.key])]);
    return Promise.all([
      redis.call("SET", [entry, JSON.stringify(change.value), "PX", String(ttlMs)]),
      redis.call("ZADD", [place, String(clock.now() + ttlMs), change.key]),
      redis.call("PEXPIRE", [place, String(ttlMs)]),
    ]);
  };
  /** A group that is written to again and again never expires as a whole, so what has expired in it is taken out. */
  const tidy = (place: string) => redis.call("ZREMRANGEBYSCORE", [place, "-inf", String(clock.now())]);

  return {
    read,
    async readGroup(kind, group) {
      const values = await read(kind, await members(kind, group));
      return values.filter((value) => value !== undefined);
    },
    async write(changes) {
      await applyInOrder(changes, apply);
      const puts = changes.filter(({ type }) => type === "put");
      await Promise.all(Array.from(new Set(puts.map(({ kind, group }) => keys.group(kind, group))), tidy));
    },
    close: () => Promise.resolve(),
  };
}
