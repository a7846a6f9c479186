import { AntiphonError, createManualClock, silentLogger } from "@antiphon/std";
import { beforeEach, expect, test } from "vitest";
import { BridgeError } from "../error.ts";
import { createAutoReshard, isTooFew, type AutoReshard } from "./auto-reshard.ts";

const HOUR_MS = 3_600_000;

let clock: ReturnType<typeof createManualClock>;
let recommended: number;
let shardCount: number;
let wishes: number[];
/** What becomes of the next reshardings; those after them succeed. */
let failures: unknown[];
let auto: AutoReshard;
beforeEach(() => {
  clock = createManualClock();
  [recommended, shardCount, wishes, failures] = [2, 2, [], []];
  auto = createAutoReshard({
    recommended: async () => recommended,
    shardCount: () => shardCount,
    async reshard(wish) {
      wishes.push(wish);
      if (failures.length > 0) throw failures.shift();
      shardCount = wish;
    },
    clock,
    logger: silentLogger,
  });
});

const tooFew = () =>
  new BridgeError("BRIDGE_RESHARD_FAILED", "refused", { details: { gatewayCode: "GATEWAY_SHARDING_REQUIRED" } });
const busy = () => new BridgeError("BRIDGE_RESHARD_REFUSED", "another is under way", { retryable: true });

test("looks once an hour, and follows Discord's word when the bot has outgrown its shards", async () => {
  await clock.advance(HOUR_MS);
  expect(wishes).toEqual([]);
  recommended = 3;
  failures = [busy()];
  await clock.advance(HOUR_MS);
  await clock.advance(HOUR_MS);
  expect([wishes, shardCount]).toEqual([[3, 3], 3]);
  auto.close();
  recommended = 100;
  await clock.advance(HOUR_MS);
  expect(shardCount).toBe(3);
  expect(clock.pendingTimers).toBe(0);
});

test("has more shards when Discord refuses one, twice as many when it recommends no more, until they are enough", async () => {
  failures = [tooFew(), busy()];
  const growing = auto.grow();
  // Another shard is refused meanwhile.
  expect(auto.grow()).toBe(growing);
  await clock.advance(30_000);
  await growing;
  expect([wishes, shardCount]).toEqual([[4, 8, 8], 8]);
});

test("says what makes it impossible", async () => {
  failures = [new BridgeError("BRIDGE_RESHARD_FAILED", "the token is wrong")];
  await expect(auto.grow()).rejects.toThrow("the token is wrong");
  expect(isTooFew(new AntiphonError("GATEWAY_SHARDING_REQUIRED", "too few"))).toBe(true);
  expect(isTooFew(failures)).toBe(false);
});
