import type { StateStore } from "./state-store.ts";

/** As much of a Redis client as is needed; those of `ioredis` have it. */
export interface RedisHashClient {
  hgetall(key: string): Promise<Record<string, string>>;
  hset(key: string, field: string, value: string): Promise<unknown>;
  hdel(key: string, field: string): Promise<unknown>;
}

/** Options of {@link createRedisStore}. */
export interface RedisStoreOptions {
  /** A connected client, which the caller closes; it must send commands in the order of its calls. */
  readonly client: RedisHashClient;
  /** The key of the hash that holds everything. Defaults to `antiphon:lavalink`; two bots on one server need two. */
  readonly key?: string;
}

/** Builds a {@link StateStore} in one hash of Redis. */
export function createRedisStore({ client, key = "antiphon:lavalink" }: RedisStoreOptions): StateStore {
  const underWay = new Set<Promise<unknown>>();
  const run = async (command: Promise<unknown>): Promise<void> => {
    const settled = command.catch(() => {}).finally(() => underWay.delete(settled));
    underWay.add(settled);
    await command;
  };
  const close = async () => void (await Promise.all(underWay));
  return {
    entries: async () => new Map(Object.entries(await client.hgetall(key))),
    set: (field, value) => run(client.hset(key, field, value)),
    delete: (field) => run(client.hdel(key, field)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
