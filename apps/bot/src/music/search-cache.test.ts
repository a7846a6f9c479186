import { createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { openSearchCache } from "./search-cache.ts";

const settings = { strategy: "adaptive", ttlMs: 1_000, maxEntries: 2 } as const;

test("what was found is asked for again when it is old", async () => {
  const clock = createManualClock();
  await using cache = await openSearchCache(settings, { clock, logger: silentLogger });
  let asked = 0;
  const load = () => Promise.resolve((asked++, []));
  await cache.getOrLoad("search:a", load);
  await cache.getOrLoad("search:a", load);
  await clock.advance(1_001);
  await cache.getOrLoad("search:a", load);
  expect(asked).toBe(2);
  expect(cache.stats().levels).toMatchObject([{ name: "memory", maxEntries: 2 }]);
});

test("a Redis that is away is told, and the bot goes on alone", async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  const redisUrl = "redis://127.0.0.1:1";
  await using cache = await openSearchCache({ ...settings, redisUrl }, { clock: createManualClock(), logger });
  expect(await cache.getOrLoad("search:a", () => Promise.resolve([]))).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining("Redis")]);
});
