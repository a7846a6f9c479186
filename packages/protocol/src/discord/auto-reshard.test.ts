import { AntiphonError, createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { createAutoReshard, isTooFewShards } from "./auto-reshard.ts";

const HOUR_MS = 3_600_000;

/** A bot of so many shards, whose reshards end as the outcomes say, and then well. */
function setUp(outcomes: (Error | undefined)[] = []) {
  const clock = createManualClock();
  const bot = { shardCount: 10, recommended: 10 };
  const tried: number[] = [];
  const auto = createAutoReshard({
    clock,
    logger: silentLogger,
    recommended: () => Promise.resolve(bot.recommended),
    shardCount: () => bot.shardCount,
    reshard(shardCount) {
      tried.push(shardCount);
      const error = outcomes.shift();
      if (error !== undefined) return Promise.reject(error);
      bot.shardCount = shardCount;
      return Promise.resolve();
    },
  });
  return { clock, bot, tried, auto };
}

test("looks once an hour, and has more shards when Discord recommends one and a half times as many", async () => {
  const { clock, bot, tried, auto } = setUp([new Error("not now")]);
  expect(auto.isStarted).toBe(false);
  auto.start();
  expect(auto.isStarted).toBe(true);
  bot.recommended = 14;
  await clock.advance(3 * HOUR_MS);
  expect(tried).toEqual([]);
  bot.recommended = 15;
  await clock.advance(HOUR_MS);
  expect(tried).toEqual([15]);
  await clock.advance(HOUR_MS);
  expect(tried).toEqual([15, 15]);
  await clock.advance(2 * HOUR_MS);
  expect(tried).toHaveLength(2);
  auto.close();
  bot.recommended = 100;
  await clock.advance(2 * HOUR_MS);
  expect(tried).toHaveLength(2);
});

test("takes what Discord recommends when it refuses, or twice as many when that is no more", async () => {
  const refused = new AntiphonError("GATEWAY_SHARDING_REQUIRED", "too few");
  const { bot, tried, auto } = setUp([refused, refused]);
  bot.recommended = 12;
  await Promise.all([auto.grow(), auto.grow()]);
  expect(tried).toEqual([12, 24, 48]);
});

test("tries again what passes by itself, when it has passed, and nothing else", async () => {
  const unavailable = new AntiphonError("GATEWAY_INFO_UNAVAILABLE", "503", { retryable: true });
  const limited = new AntiphonError("GATEWAY_SESSION_LIMIT_REACHED", "0 left", {
    retryable: true,
    details: { resetAfterMs: 2 * HOUR_MS },
  });
  const fatal = new AntiphonError("GATEWAY_AUTHENTICATION_FAILED", "wrong token");
  const { clock, tried, auto } = setUp([unavailable, limited, fatal]);
  const outcome = auto.grow().catch((error: unknown) => error);
  await clock.advance(29_999);
  expect(tried).toHaveLength(1);
  await clock.advance(1);
  expect(tried).toHaveLength(2);
  await clock.advance(2 * HOUR_MS);
  expect(tried).toHaveLength(3);
  expect(await outcome).toBe(fatal);
  // What passes by itself is no reason for more shards.
  expect(tried).toEqual([20, 20, 20]);
});

test("waits for Discord's recommendation, takes what was refused elsewhere, and ends when another process has grown", async () => {
  const refused = new AntiphonError("BRIDGE_RESHARD_FAILED", "refused", {
    details: { gatewayCode: "GATEWAY_SHARDING_REQUIRED" },
  });
  const busy = new AntiphonError("BRIDGE_RESHARD_REFUSED", "another is under way", { retryable: true });
  expect([refused, busy].map(isTooFewShards)).toEqual([true, false]);
  const { clock, bot, tried, auto } = setUp([refused, busy]);
  const grown = auto.grow();
  await clock.advance(0);
  expect(tried).toEqual([20, 40]);
  bot.shardCount = 40;
  await clock.advance(30_000);
  await grown;
  expect(tried).toEqual([20, 40]);
});

test("gives up when it is closed", async () => {
  const { clock, auto } = setUp([new AntiphonError("GATEWAY_INFO_UNAVAILABLE", "503", { retryable: true })]);
  const outcome = auto.grow().then(
    () => "grown",
    () => "given up",
  );
  await clock.advance(0);
  auto.close();
  expect(await outcome).toBe("given up");
});
