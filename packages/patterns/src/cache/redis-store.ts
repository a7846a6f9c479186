import type { Clock } from "@antiphon/std";
import type { Redis } from "ioredis";
import { CacheError } from "./cache-error.ts";
import type { CacheEntry, Invalidation, LevelStats } from "./cache-level.ts";
import { decodeEntry, encodeEntry, type ValueCodec } from "./entry-codec.ts";
import { createLevelCounters, levelStats } from "./level-counters.ts";
import { MissedChanges } from "./missed-changes.ts";
import { DELETE_SCRIPT, DELETE_TAG_SCRIPT, SET_SCRIPT } from "./redis-scripts.ts";

interface RedisStoreOptions {
  readonly namespace: string;
  readonly codec: ValueCodec;
  readonly clock: Clock;
  /** The server's host and port, for messages. */
  readonly address: string;
  /** What marks this instance's own invalidations. */
  readonly origin: string;
}

/** How many keys one step of a scan looks at. */
const SCAN_COUNT = 500;

/** The entries of a namespace in Redis, and what the other instances say about them. */
export class RedisStore {
  readonly listeners = new Set<(invalidation: Invalidation) => void>();
  readonly channel: string;
  readonly #client: Redis;
  readonly #options: RedisStoreOptions;
  readonly #counters = createLevelCounters();
  readonly #missed = new MissedChanges();
  #settling: Promise<void> | undefined;

  constructor(client: Redis, options: RedisStoreOptions) {
    this.#client = client;
    this.#options = options;
    this.channel = `${options.namespace}:changes`;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const bytes = await this.#attempt(async () => {
      await this.#settle();
      return this.#client.getBuffer(this.#entryKey(key));
    });
    const entry = bytes === null ? undefined : decodeEntry(bytes, this.#options.codec);
    if (entry === undefined || entry.expiresAtMs <= this.#options.clock.now()) {
      this.#counters.misses++;
      return undefined;
    }
    this.#counters.hits++;
    return entry;
  }

  async set(key: string, entry: CacheEntry): Promise<void> {
    const bytes = Buffer.from(encodeEntry(entry, this.#options.codec));
    await this.#change({ type: "keys", keys: [key] }, async (message) => {
      const keys = [this.#entryKey(key), ...entry.tags.map((tag) => this.#tagKey(tag))];
      const expiry = entry.expiresAtMs === Infinity ? "inf" : String(Math.ceil(entry.expiresAtMs));
      const nowMs = String(this.#options.clock.now());
      await this.#client.eval(SET_SCRIPT, keys.length, ...keys, bytes, expiry, nowMs, this.channel, message);
    });
  }

  async delete(key: string): Promise<boolean> {
    return this.#change({ type: "keys", keys: [key] }, async (message) => {
      const removed = await this.#client.eval(DELETE_SCRIPT, 1, this.#entryKey(key), this.channel, message);
      return removed === 1;
    });
  }

  async deleteTag(tag: string): Promise<void> {
    await this.#change({ type: "tag", tag }, (message) =>
      this.#client.eval(DELETE_TAG_SCRIPT, 1, this.#tagKey(tag), this.channel, message),
    );
  }

  async clear(): Promise<void> {
    await this.#change({ type: "all" }, async (message) => {
      await this.#removeAll();
      await this.#client.publish(this.channel, message);
    });
  }

  stats(): LevelStats {
    const unknown = { entries: null, maxEntries: null, sizeBytes: null, maxBytes: null };
    // Redis drops what has expired by itself.
    return levelStats({ ...this.#counters, expirations: null }, { name: "redis", ...unknown });
  }

  /** Passes on what another instance has published; anything else on the channel is ignored. */
  receive(message: string): void {
    const originEnd = message.indexOf(" ");
    if (message.slice(0, originEnd) === this.#options.origin) return;
    const invalidation = parseInvalidation(message.slice(originEnd + 1));
    if (invalidation !== undefined) this.announce(invalidation);
  }

  /** Tells the levels above. */
  announce(invalidation: Invalidation): void {
    for (const listener of this.listeners) listener(invalidation);
  }

  /** Makes a change and publishes it; one that cannot be made is remembered, because Redis keeps the old value meanwhile. */
  async #change<T>(change: Invalidation, make: (message: string) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(async () => {
        await this.#settle();
        return make(this.#messageOf(change));
      });
    } catch (error) {
      this.#missed.add(change);
      throw error;
    }
  }

  /** Before Redis is used again after a failure: deletes there what changed meanwhile. */
  #settle(): Promise<void> | undefined {
    if (this.#missed.isEmpty && this.#settling === undefined) return undefined;
    this.#settling ??= this.#replay().finally(() => (this.#settling = undefined));
    return this.#settling;
  }

  async #replay(): Promise<void> {
    const changes = this.#missed.take();
    try {
      for (const change of changes) await this.#forget(change);
    } catch (error) {
      for (const change of changes) this.#missed.add(change);
      throw error;
    }
  }

  async #forget(change: Invalidation): Promise<void> {
    const message = this.#messageOf(change);
    if (change.type === "tag") {
      await this.#client.eval(DELETE_TAG_SCRIPT, 1, this.#tagKey(change.tag), this.channel, message);
      return;
    }
    if (change.type === "all") await this.#removeAll();
    else if (change.keys.length > 0) await this.#client.unlink(change.keys.map((key) => this.#entryKey(key)));
    else return;
    await this.#client.publish(this.channel, message);
  }

  async #removeAll(): Promise<void> {
    const pattern = `${this.#options.namespace.replaceAll(/[\\*?[\]]/g, "\\$&")}:[et]:*`;
    let cursor = "0";
    do {
      const [next, keys] = await this.#client.scan(cursor, "MATCH", pattern, "COUNT", SCAN_COUNT);
      if (keys.length > 0) await this.#client.unlink(keys);
      cursor = next;
    } while (cursor !== "0");
  }

  async #attempt<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (cause) {
      this.#counters.failures++;
      const { address } = this.#options;
      const message = `Redis at ${address} did not answer; the cache goes on without it`;
      throw new CacheError("CACHE_REDIS_UNAVAILABLE", message, { cause, retryable: true, details: { address } });
    }
  }

  #messageOf(change: Invalidation): string {
    return `${this.#options.origin} ${JSON.stringify(change)}`;
  }

  #entryKey(key: string): string {
    return `${this.#options.namespace}:e:${key}`;
  }

  #tagKey(tag: string): string {
    return `${this.#options.namespace}:t:${tag}`;
  }
}

function parseInvalidation(text: string): Invalidation | undefined {
  try {
    const value = JSON.parse(text) as { type?: unknown; keys?: unknown; tag?: unknown } | null;
    if (value?.type === "all") return { type: "all" };
    if (value?.type === "tag" && typeof value.tag === "string") return { type: "tag", tag: value.tag };
    if (value?.type === "keys" && Array.isArray(value.keys))
      return { type: "keys", keys: value.keys.filter((key) => typeof key === "string") };
    return undefined;
  } catch {
    // Somebody else's message on this channel.
    return undefined;
  }
}
