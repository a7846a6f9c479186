import { createManualClock } from "@antiphon/std";
import { beforeEach, expect, test } from "vitest";
import { createShardTurnover, type GenerationState, type ShardTurnover } from "./shard-turnover.ts";

let clock: ReturnType<typeof createManualClock>;
let state: { -readonly [Name in keyof GenerationState]: GenerationState[Name] };
let acknowledged: number | undefined;
let sequence: number;
let questions: [guildId: string, nonce: string][];
let shard: ShardTurnover;
beforeEach(() => {
  clock = createManualClock();
  state = { generation: 1, isNext: false, isEnding: false, knowsGuild: () => true, awaitedBy: undefined };
  acknowledged = undefined;
  sequence = 0;
  questions = [];
  const ask = (guildId: string, nonce: string) => void questions.push([guildId, nonce]);
  shard = createShardTurnover({ state, ask, acknowledged: () => acknowledged, clock });
});

const take = (type: string, data: unknown = {}) => shard.isNoNews({ type, data, sequence: ++sequence, shardId: 0 });
const ready = { guilds: [{ id: "7" }, { id: "8" }] };

test("the guilds of a new generation are no news, and it is complete when they have come", () => {
  state.isNext = true;
  expect(shard.isComplete).toBe(false);
  expect([take("READY", ready), shard.isComplete]).toEqual([false, false]);
  expect([take("GUILD_CREATE", { id: "7" }), take("GUILD_CREATE", { id: "joined" })]).toEqual([true, true]);
  expect([take("MESSAGE_CREATE"), shard.isComplete]).toEqual([false, false]);
  // It is in charge already when the last one comes.
  state.isNext = false;
  expect([take("GUILD_CREATE", { id: "8" }), shard.isComplete]).toEqual([true, true]);
  expect(take("GUILD_CREATE", { id: "8" })).toBe(false);
});

test("guilds that Discord cannot reach are not waited for, and are news when they come", async () => {
  state.isNext = true;
  take("READY", ready);
  expect(take("GUILD_DELETE", { id: "7", unavailable: true })).toBe(false);
  expect(shard.isComplete).toBe(false);
  await clock.advance(15_000);
  expect(shard.isComplete).toBe(true);
  state.isNext = false;
  expect(take("GUILD_CREATE", { id: "8" })).toBe(false);
});

test("the shards in charge tell of their guilds, and are complete with their session", () => {
  expect([take("READY", ready), take("GUILD_CREATE", { id: "7" })]).toEqual([false, false]);
  expect(shard.isComplete).toBe(true);
});

test("a shard has caught up when the bus has what came before the answer to a question", async () => {
  state.awaitedBy = 2;
  expect(shard.caughtUp).toBeUndefined();
  take("RESUMED");
  take("MESSAGE_CREATE", { guild_id: "7" });
  expect([shard.caughtUp, questions]).toEqual([undefined, []]);
  await clock.advance(1_000);
  expect([shard.caughtUp, questions.length]).toEqual([undefined, 1]);
  take("MESSAGE_CREATE", { guild_id: "8" });
  acknowledged = 3;
  // Nobody has answered: it is asked again, and only the last answer counts.
  expect(shard.caughtUp).toBeUndefined();
  await clock.advance(5_000);
  expect([shard.caughtUp, questions.map(([guildId]) => guildId)]).toEqual([undefined, ["7", "8"]]);
  take("MESSAGE_CREATE", { guild_id: "8" });
  const answer = (index: number) => take("GUILD_MEMBERS_CHUNK", { guild_id: "8", nonce: questions[index]?.[1] });
  expect([answer(0), shard.caughtUp, answer(1), shard.caughtUp]).toEqual([true, undefined, true, undefined]);
  // What comes later is not waited for.
  take("MESSAGE_CREATE", { guild_id: "8" });
  acknowledged = 4;
  expect(shard.caughtUp).toBe(2);
  expect(take("GUILD_MEMBERS_CHUNK", { guild_id: "8", nonce: "somebody's" })).toBe(false);
  // A new session begins anew.
  take("READY", ready);
  expect(shard.caughtUp).toBeUndefined();
});

test("a shard that knows of no guild is not asked", async () => {
  state.awaitedBy = 2;
  take("READY", { guilds: [] });
  acknowledged = 1;
  expect(shard.caughtUp).toBeUndefined();
  await clock.advance(1_000);
  expect([shard.caughtUp, questions]).toEqual([2, []]);
});

test("a guild whose shard Discord refuses is news of the new generation, and that shard is not waited for", () => {
  state.isNext = true;
  state.knowsGuild = (guildId) => guildId !== "8";
  take("READY", ready);
  expect([take("GUILD_CREATE", { id: "7" }), take("GUILD_CREATE", { id: "8" })]).toEqual([true, false]);
  expect(shard.isComplete).toBe(true);
  state.isNext = false;
  state.awaitedBy = 2;
  shard.refused();
  expect([shard.isComplete, shard.caughtUp]).toEqual([false, 2]);
});
