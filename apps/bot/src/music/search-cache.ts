import type { Track } from "@antiphon/lavalink";
import { connectRedisLevel, createCache, createMemoryLevel, type Cache } from "@antiphon/patterns/cache";
import { type Clock, type Logger } from "@antiphon/std";
import type { BotConfig } from "../config/bot-config.ts";

/** What the nodes found for words, because people type the same titles letter by letter. */
export type SearchCache = Cache<readonly Track[]>;

/** A cache in memory, over one in Redis when the configuration names a server; without the server the bot goes on alone. */
export async function openSearchCache(
  { strategy, ttlMs, maxEntries, redisUrl }: BotConfig["cache"],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<SearchCache> {
  const memory = createMemoryLevel({ strategy, maxEntries, clock });
  const levels = [memory];
  if (redisUrl !== undefined) {
    try {
      levels.push(await connectRedisLevel({ url: redisUrl, namespace: "antiphon:search", clock }));
    } catch (error) {
      logger.warn("Redis is away: searches are remembered in this process alone", { error });
    }
  }
  const cache = createCache<readonly Track[]>({ levels, ttlMs, clock });
  cache.on("levelFailed", ({ level, operation, error }) =>
    logger.warn("a level of the search cache failed", { level, operation, error }),
  );
  return cache;
}
