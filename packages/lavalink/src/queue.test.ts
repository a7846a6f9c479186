import { createSeededRandom } from "@antiphon/std";
import { describe, expect, test } from "vitest";
import { createQueue, toQueuedTrack } from "./queue.ts";
import type { Track } from "./track.ts";

function track(identifier: string): Track {
  const info = {
    identifier,
    isSeekable: true,
    author: "A",
    length: 1,
    isStream: false,
    position: 0,
    title: "T",
    sourceName: "s",
  };
  return { encoded: identifier, info, pluginInfo: {}, userData: {} };
}
const tracks = (...identifiers: readonly string[]) => identifiers.map(track);
const names = (list: readonly Track[]) => list.map(({ encoded }) => encoded).join("");

test("adds at the end or at a position, and keeps who asked", () => {
  const queue = createQueue();
  queue.add(tracks("a", "b"), { requesterId: "1" });
  queue.add(track("c"), { position: 0 });
  queue.add(queue.remove(1));
  expect(names(queue.upcoming())).toBe("cba");
  expect(names(queue.upcoming(2))).toBe("cb");
  expect(queue.upcoming().map(({ requesterId }) => requesterId)).toEqual([null, "1", "1"]);
});

test("moves, shuffles by seed and clears", () => {
  const queue = createQueue({ random: createSeededRandom(3) });
  queue.add(tracks("a", "b", "c", "d"));
  queue.move(0, 2);
  expect(names(queue.upcoming())).toBe("bcad");
  queue.shuffle();
  const shuffled = names(queue.upcoming());
  const again = createQueue({ random: createSeededRandom(3) });
  again.add(tracks("b", "c", "a", "d"));
  again.shuffle();
  expect(names(again.upcoming())).toBe(shuffled);
  expect(queue.clear()).toBe(4);
  expect(queue.isEmpty).toBe(true);
});

test("has a bound, and adds all or nothing", () => {
  const queue = createQueue({ maximumLength: 2 });
  queue.add(track("a"));
  expect(() => queue.add(tracks("b", "c"))).toThrow(expect.objectContaining({ code: "LAVALINK_QUEUE_FULL" }));
  expect(queue.length).toBe(1);
});

test.each([-1, 1.5, 2, NaN])("refuses the index %d", (index) => {
  const queue = createQueue();
  queue.add(tracks("a", "b"));
  const invalid = expect.objectContaining({ code: "LAVALINK_INVALID_ARGUMENT" });
  expect(() => queue.remove(index)).toThrow(invalid);
  expect(() => queue.move(0, index)).toThrow(invalid);
  expect(() => queue.dropUntil(index)).toThrow(invalid);
});

test("history is bounded, the latest first", () => {
  const queue = createQueue({ historyLimit: 2 });
  queue.add(tracks("a", "b", "c", "d"));
  for (let index = 0; index < 5; index++) queue.advance("ended");
  expect(queue.current).toBeNull();
  expect(names(queue.history())).toBe("dc");
  expect(names(queue.history(1))).toBe("d");
  expect(queue.history(0)).toEqual([]);
});

describe("a step is taken back", () => {
  const stateOf = (queue: ReturnType<typeof createQueue>) =>
    [queue.current?.encoded ?? "-", names(queue.upcoming()), names(queue.history())].join(" ");

  test.each(["off", "track", "queue"] as const)("with loop %s", (loop) => {
    const queue = createQueue();
    queue.add(tracks("a", "b", "c"));
    queue.advance("ended");
    queue.advance("ended");
    queue.loop = loop;
    const before = stateOf(queue);
    queue.advance("ended").undo();
    expect(stateOf(queue)).toBe(before);
    queue.advance("skip").undo();
    expect(stateOf(queue)).toBe(before);
    queue.begin(toQueuedTrack(track("x"))).undo();
    expect(stateOf(queue)).toBe(before);
    queue.back()?.undo();
    expect(stateOf(queue)).toBe(before);
    queue.finish().undo();
    expect(stateOf(queue)).toBe(before);
  });

  test("but not when another has followed", () => {
    const queue = createQueue();
    queue.add(tracks("a", "b"));
    const first = queue.advance("ended");
    queue.advance("ended");
    first.undo();
    expect(stateOf(queue)).toBe("b  a");
  });
});
