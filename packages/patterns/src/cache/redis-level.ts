import { randomUUID } from "node:crypto";
import { systemClock, toDisposable, withSignal, type Clock } from "@antiphon/std";
import type { Redis } from "ioredis";
import { CacheError } from "./cache-error.ts";
import type { CacheLevel } from "./cache-level.ts";
import { jsonCodec, type ValueCodec } from "./entry-codec.ts";
import { createShardedLevel } from "./sharded-level.ts";
import { RedisStore } from "./redis-store.ts";

/** Options of {@link connectRedisLevel}. */
export interface RedisLevelOptions {
  /** The server, `redis://[user:password@]host[:port][/database]` or `rediss://…`. Defaults to the environment variable `REDIS_URL`. */
  readonly url?: string | undefined;
  /** Several servers that share the keys among them, in place of `url`. One that is away takes only its own keys with it. */
  readonly nodes?: readonly string[] | undefined;
  /** What all keys in Redis begin with; instances with the same one share their entries. Defaults to `antiphon:cache`. */
  readonly namespace?: string | undefined;
  /** How long a command may take before the level counts as away, in milliseconds. Defaults to 1,000. */
  readonly commandTimeoutMs?: number | undefined;
  /** How values are written. Defaults to JSON, and binary data as it is. */
  readonly codec?: ValueCodec | undefined;
  /** Where the time is read. */
  readonly clock?: Clock | undefined;
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal | undefined;
}

const FIRST_RECONNECT_MS = 50;
const LAST_RECONNECT_MS = 2_000;

/** Commands fail at once while the server is away, and a command whose connection broke is not sent again. */
const clientOptions = (commandTimeoutMs: number) => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: commandTimeoutMs,
  connectTimeout: commandTimeoutMs,
  retryStrategy: (attempt: number) => Math.min(LAST_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(attempt, 10)),
});

function addressOf(url: string): string {
  try {
    return new URL(url).host;
  } catch (cause) {
    const message = "connectRedisLevel: url must look like redis://host:port";
    throw new CacheError("CACHE_OPTIONS_INVALID", message, { cause });
  }
}

async function loadClient(): Promise<typeof Redis> {
  try {
    return (await import("ioredis")).Redis;
  } catch (cause) {
    const message = 'connectRedisLevel: the package "ioredis" is not installed; add it to your dependencies';
    throw new CacheError("CACHE_REDIS_UNAVAILABLE", message, { cause });
  }
}

/** Connects to each server; when one cannot be reached, those that were are closed again. */
async function connectNodes(urls: readonly string[], options: RedisLevelOptions): Promise<CacheLevel> {
  await using connected = new AsyncDisposableStack();
  const connect = async (url: string) => {
    const level = await connectRedisLevel({ ...options, nodes: undefined, url });
    connected.defer(() => level.close());
    return { address: addressOf(url), level };
  };
  const results = await Promise.allSettled(urls.map(connect));
  const shards = results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  connected.move();
  return createShardedLevel("redis", shards);
}

/**
 * Connects a {@link CacheLevel} that many instances share through Redis. It tells the caches of the other instances which keys
 * have changed, so that their levels in memory drop them. While Redis is away every operation rejects at once; when it is back,
 * what could not be written is deleted there before anything is read, and the levels above are emptied.
 *
 * @throws CacheError `CACHE_REDIS_UNAVAILABLE` when the server cannot be reached, `CACHE_OPTIONS_INVALID` for a bad URL.
 */
export async function connectRedisLevel(options: RedisLevelOptions = {}): Promise<CacheLevel> {
  const { url = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379", namespace = "antiphon:cache" } = options;
  const { commandTimeoutMs = 1_000, codec = jsonCodec, clock = systemClock, signal } = options;
  signal?.throwIfAborted();
  if (options.nodes !== undefined) {
    if (new Set(options.nodes).size === options.nodes.length && options.nodes.length > 0)
      return connectNodes(options.nodes, options);
    throw new CacheError("CACHE_OPTIONS_INVALID", "connectRedisLevel: nodes must name one server or more, each once");
  }
  const address = addressOf(url);
  const Client = await loadClient();
  const commands = new Client(url, clientOptions(commandTimeoutMs));
  const subscriber = new Client(url, clientOptions(commandTimeoutMs));
  const clients = [commands, subscriber];
  // Each failure is seen by the operation that it fails; without a listener ioredis would print it.
  for (const client of clients) client.on("error", () => {});
  const store = new RedisStore(commands, { namespace, codec, clock, address, origin: randomUUID() });
  const disconnect = () => {
    for (const client of clients) client.disconnect();
  };
  try {
    await withSignal(Promise.all(clients.map((client) => client.connect())), signal);
    await withSignal(subscriber.subscribe(store.channel), signal);
  } catch (cause) {
    disconnect();
    signal?.throwIfAborted();
    const message = `connectRedisLevel: cannot reach Redis at ${address}`;
    throw new CacheError("CACHE_REDIS_UNAVAILABLE", message, { cause, retryable: true, details: { address } });
  }
  subscriber.on("message", (_channel, message) => store.receive(message));
  // ioredis subscribes again by itself; what was published meanwhile is lost.
  subscriber.on("ready", () => store.announce({ type: "all" }));
  let isClosed = false;
  return {
    name: "redis",
    get: (key) => store.get(key),
    set: (key, entry) => store.set(key, entry),
    delete: (key) => store.delete(key),
    deleteTag: (tag) => store.deleteTag(tag),
    clear: () => store.clear(),
    stats: () => store.stats(),
    onInvalidate(listener) {
      store.listeners.add(listener);
      return toDisposable(() => store.listeners.delete(listener));
    },
    close() {
      if (!isClosed) disconnect();
      isClosed = true;
      return Promise.resolve();
    },
  };
}
