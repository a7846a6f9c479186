import { expect, test } from "vitest";
import { createLaneProgress, laneRecordJson, readLaneRecord } from "./lane-progress.ts";

const at = (sequence: number) => ({ sessionId: "s", sequence });
const nothing = { handled: 0, newest: new Map() };

test("is as far as everything before is handled, with the newest dispatch of each shard up to there", async () => {
  const progress = createLaneProgress(nothing);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const state = () => [
    progress.handled,
    Object.fromEntries([...progress.newest].map(([key, { sequence }]) => [key, sequence])),
  ];
  progress.note(3, undefined, ["0", at(1)]);
  expect(state()).toEqual([3, { 0: 1 }]);
  progress.note(5, first.promise, ["0", at(2)]);
  progress.note(6, undefined, ["1", at(1)]);
  progress.note(8, undefined, ["0", at(3)]);
  progress.note(9, second.promise, ["0", at(4)]);
  expect([state(), progress.pending.size]).toEqual([[3, { 0: 1 }], 2]);
  second.reject(new Error("failed work is done, too"));
  await expect.poll(() => progress.pending.size).toBe(1);
  expect(state()).toEqual([3, { 0: 1 }]);
  first.resolve();
  await expect.poll(() => progress.pending.size).toBe(0);
  expect(state()).toEqual([9, { 0: 4, 1: 1 }]);
});

test("remembers those shards of which something came last", () => {
  const progress = createLaneProgress(nothing);
  for (let shard = 0; shard < 40; shard++) progress.note(shard, undefined, [`${shard}`, at(shard)]);
  progress.note(40, undefined, ["8", at(40)]);
  progress.note(41, undefined, ["99", at(41)]);
  expect([...progress.newest.keys()].slice(-3)).toEqual(["39", "8", "99"]);
  expect(progress.newest.size).toBe(32);
});

test("is written down and read again, also as versions before wrote it", () => {
  const record = { handled: 7, claimed: 3, newest: new Map([["1-0", at(5)]]) };
  expect(readLaneRecord(JSON.parse(JSON.stringify(laneRecordJson(record))))).toEqual(record);
  expect(readLaneRecord({ handled: 7, claimed: 3 })).toEqual({ ...record, newest: new Map() });
  for (const broken of [undefined, { handled: -1, claimed: 0 }, { handled: 1, claimed: 1, newest: { 0: "s:5" } }])
    expect(readLaneRecord(broken)).toEqual({ handled: 0, claimed: 0, newest: new Map() });
});
