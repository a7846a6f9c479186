import { expect, test } from "vitest";
import type { ReceivedDispatch } from "./dispatch-codec.ts";
import { createShardPositions } from "./shard-positions.ts";

const dispatch = (sequence: number, options: Partial<ReceivedDispatch> = {}): ReceivedDispatch => ({
  type: "MESSAGE_CREATE",
  shardId: 0,
  generation: 0,
  sessionId: "s",
  sequence,
  text: () => "{}",
  data: () => ({}),
  ...options,
});
const at = (sequence: number, sessionId = "s") => ({ sessionId, sequence });

test("what came once is not taken again, whichever way it came", () => {
  const positions = createShardPositions(new Map([["0", at(3)]]));
  expect(positions.takeStreamed(dispatch(3))).toBe(false);
  expect(positions.takeStreamed(dispatch(4))).toBe(true);
  expect(positions.takeDirect(dispatch(4), false)).toBe(false);
  expect(positions.takeDirect(dispatch(6), false)).toBe(true);
  expect([5, 6, 7].map((sequence) => positions.takeStreamed(dispatch(sequence)))).toEqual([false, false, true]);
  expect(positions.newest("0")).toEqual(at(7));
  // Shards of the same id, and sessions of the same shard, are told apart.
  expect(positions.takeStreamed(dispatch(1, { generation: 1 }))).toBe(true);
  expect(positions.takeStreamed(dispatch(1, { sessionId: "next" }))).toBe(true);
});

test("what waits for the stream is taken once when that brings it", () => {
  const positions = createShardPositions(new Map([["0", at(3)]]));
  expect(positions.takeDirect(dispatch(4), true)).toBe(false);
  expect(positions.takeDirect(dispatch(5), false)).toBe(true);
  expect([4, 4, 5].map((sequence) => positions.takeStreamed(dispatch(sequence)))).toEqual([true, false, false]);
});

test("nothing follows on what is not known, or while too much waits for the stream", () => {
  const positions = createShardPositions(new Map([["0", at(3)]]));
  expect([2, 3, 4].map((sequence) => positions.canFollow("0", at(sequence)))).toEqual([true, true, false]);
  expect(positions.canFollow("1", at(0))).toBe(false);
  expect(positions.canFollow("0", at(1, "next"))).toBe(false);
  for (let sequence = 4; sequence < 1_004; sequence++) positions.takeDirect(dispatch(sequence), true);
  expect(positions.canFollow("0", at(1_003))).toBe(false);
  positions.takeStreamed(dispatch(4));
  expect(positions.canFollow("0", at(1_003))).toBe(true);
});
