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
  expect(() => queue.skipTo(index)).toThrow(invalid);
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

test("shows its views, drops what waits twice, and skips to a place", () => {
  const queue = createQueue();
  queue.add(tracks("a", "b", "c", "b", "d", "c"));
  queue.advance("skip");
  queue.advance("skip");
  expect(names(queue.view("upcoming"))).toBe("cbdc");
  expect(names(queue.view("history"))).toBe("a");
  expect(names(queue.view("all"))).toBe("abcbdc");
  expect(names(queue.view("all", 3))).toBe("abc");
  expect(queue.dedupe()).toBe(2);
  expect(names(queue.upcoming())).toBe("cd");
  expect(queue.skipTo(1).encoded).toBe("d");
  expect(names(queue.upcoming())).toBe("d");
});

test("a fair shuffle lets requesters take turns", () => {
  const queue = createQueue({ random: createSeededRandom(9) });
  queue.add(tracks("a", "b", "c", "d", "e"), { requesterId: "1" });
  queue.add(tracks("x"), { requesterId: "2" });
  queue.add(tracks("y", "z"));
  queue.shuffle({ fair: true });
  const requesters = queue.upcoming().map(({ requesterId }) => requesterId);
  expect(new Set(requesters.slice(0, 3))).toEqual(new Set(["1", "2", null]));
  expect(new Set(requesters.slice(3, 5))).toEqual(new Set(["1", null]));
  expect(names(queue.upcoming().toSorted((left, right) => left.encoded.localeCompare(right.encoded)))).toBe("abcdexyz");
});

test("tells of every change, and takes over what another held", () => {
  let changes = 0;
  const queue = createQueue({ changed: () => changes++ });
  queue.add(tracks("a", "b", "c"));
  queue.loop = "queue";
  queue.advance("skip").undo();
  queue.advance("skip");
  queue.back();
  expect(changes).toBe(5);
  queue.advance("skip");
  const copy = createQueue();
  const contents = { loop: queue.loop, current: queue.current, upcoming: queue.upcoming(), history: queue.history() };
  copy.restore(contents);
  expect(copy).toMatchObject({ loop: "queue", current: contents.current });
  expect(names(copy.view("all"))).toBe(names(queue.view("all")));
});
