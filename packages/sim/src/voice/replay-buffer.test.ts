import { expect, test } from "vitest";
import { createReplayBuffer } from "./replay-buffer.ts";

function filled(count: number, options: { limit?: number; firstSequence?: number } = {}) {
  const replay = createReplayBuffer({ limit: 10, firstSequence: 1, ...options });
  for (let index = 0; index < count; index++) replay.add((sequence) => String(sequence));
  return replay;
}

test("repeats what came after a number, and nothing after the last", () => {
  const replay = filled(4);
  expect(replay.since(2)).toEqual(["3", "4"]);
  expect(replay.since(4)).toEqual([]);
  expect(replay.since(-1)).toEqual(["1", "2", "3", "4"]);
});

test("knows neither the future nor what it has forgotten", () => {
  const replay = filled(12);
  expect(replay.since(1)).toBeNull();
  expect(replay.since(-1)).toBeNull();
  expect(replay.since(2)).toHaveLength(10);
  expect(replay.since(13)).toBeNull();
});

test("forgets what was acknowledged, and only that", () => {
  const replay = filled(5);
  replay.acknowledge(3);
  replay.acknowledge(2);
  expect(replay.since(3)).toEqual(["4", "5"]);
  expect(replay.since(2)).toBeNull();
  replay.acknowledge(5);
  expect(replay.since(5)).toEqual([]);
});

test("wraps from 65,535 to 0", () => {
  const replay = filled(4, { firstSequence: 0xfffe });
  expect(replay.since(0xfffe)).toEqual(["65535", "0", "1"]);
  replay.acknowledge(0);
  expect(replay.since(0)).toEqual(["1"]);
});

test("is resumed from the beginning when nothing was sent", () => {
  const replay = filled(0);
  expect(replay.since(-1)).toEqual([]);
  expect(replay.since(0)).toEqual([]);
  expect(replay.since(1)).toBeNull();
});
