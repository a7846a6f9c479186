// A slow and unreliable service behind a cache of two levels and a composed policy: asked once for many callers, remembered on disk
// over a restart, retried, cut off by a breaker, and replaced by a default when nothing helps.
// Here: `npx node --conditions=@antiphon/source packages/patterns/examples/cached-lyrics.ts`; in a project of your own:
// `node cached-lyrics.ts`.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, createCache, createMemoryLevel, openDiskLevel } from "@antiphon/patterns/cache";
import {
  compose,
  createCircuitBreaker,
  createRateLimiter,
  fallback,
  retry,
  timeout,
} from "@antiphon/patterns/resilience";
import { describeError, isAntiphonError } from "@antiphon/std";

const folder = await mkdtemp(join(tmpdir(), "lyrics-"));
const path = join(folder, "lyrics.db");

let requests = 0;
let broken = false;
/** Stands for a request over the network; every second one fails, until the service is down for good. */
async function askService(track: string): Promise<string> {
  requests++;
  if (broken || requests % 2 === 1) throw new Error(`no answer to request ${requests}`);
  return `the words of ${track}`;
}

// The first is the outermost: the default stands around the retries, each attempt runs under the breaker and its own time limit.
const breaker = createCircuitBreaker({ name: "lyrics", failureThreshold: 4, recoveryTimeoutMs: 60_000 });
breaker.on("stateChange", ({ from, to }) => console.log(`breaker: ${from} -> ${to}`));
// A retry waits as long as an error asks it to, which of an open breaker is a minute: here callers would rather know at once.
const isRetryable = (error: unknown) => !isAntiphonError(error, "RESILIENCE_CIRCUIT_OPEN");
const policy = compose(retry({ maxAttempts: 3, baseDelayMs: 1, isRetryable }), breaker, timeout({ durationMs: 5_000 }));

async function openCache() {
  return createCache({
    levels: [createMemoryLevel({ maxEntries: 100 }), await openDiskLevel({ path })],
    ttlMs: 3_600_000,
  });
}

{
  await using cache = await openCache();
  const lyricsOf = cached({ cache, keyPrefix: "lyrics" })(policy(askService));
  // Ten people ask at once; one question goes out, and is asked again once because it failed.
  const answers = await Promise.all(Array.from({ length: 10 }, () => lyricsOf("Harbour")));
  console.log(`${answers.length} answers, "${answers[0]}", with ${requests} requests`);
  console.log(`coalesced callers: ${cache.stats().coalesced}`);
}

// After a restart the memory is empty and the disk is not.
await using cache = await openCache();
const lyricsOf = cached({ cache, keyPrefix: "lyrics" })(policy(askService));
broken = true;
console.log(`"${await lyricsOf("Harbour")}", still with ${requests} requests, although the service is down`);

// What is not known fails; after four failures in a row nothing is sent any more.
await lyricsOf("Glass").catch((error: unknown) => console.log(describeError(error)));
await lyricsOf("Tidewater").catch((error: unknown) => console.log(describeError(error)));
const politely = compose(fallback({ value: () => "(no words today)" }), breaker)(askService);
console.log(await politely("Tidewater"), `after ${requests} requests`);

// The other way round: what may be asked at most so often.
const limiter = createRateLimiter({ limit: 2, windowMs: 60_000 });
const search = limiter(async (words: string) => `found ${words}`);
for (const words of ["dawn", "dusk", "noon"])
  console.log(await search(words).catch((error: unknown) => describeError(error)));

await cache.close();
await rm(folder, { recursive: true });
