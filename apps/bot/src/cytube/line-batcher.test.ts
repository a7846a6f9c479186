import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createLineBatcher } from "./line-batcher.ts";

function setup(limit = 200) {
  const clock = createManualClock();
  const sent: string[] = [];
  const failures: unknown[] = [];
  let gate = Promise.resolve();
  const batcher = createLineBatcher({
    clock,
    limit,
    send: async (content) => {
      sent.push(content);
      await gate;
    },
    onFailure: (error) => failures.push(error),
  });
  return {
    clock,
    sent,
    failures,
    batcher,
    hold(until: Promise<void>) {
      gate = until;
    },
  };
}

test("lines of one second are one message", async () => {
  const { clock, sent, batcher } = setup();
  batcher.add("a");
  await clock.advance(500);
  batcher.add("b");
  await clock.advance(500);
  batcher.add("c");
  await clock.advance(1_000);
  expect(sent).toEqual(["a\nb", "c"]);
});

test("what does not fit goes into the next message, and close sends the rest", async () => {
  const { sent, batcher } = setup();
  for (const letter of ["a", "b", "c"]) batcher.add(letter.repeat(900));
  await batcher.close();
  batcher.add("too late");
  await batcher.close();
  expect(sent.map((content) => content.length)).toEqual([1_801, 900]);
});

test("a flood is cut and counted, in the message too", async () => {
  const { clock, sent, batcher, hold } = setup(3);
  const held = Promise.withResolvers<void>();
  hold(held.promise);
  batcher.add("first");
  await clock.advance(1_000);
  for (let index = 0; index < 10; index++) batcher.add(`line ${index}`);
  held.resolve();
  await batcher.close();
  expect(sent).toEqual(["first", "-# 7 lines left out\nline 7\nline 8\nline 9"]);
  expect(batcher.dropped).toBe(7);
});

test("a message that fails is told, and the next one is sent", async () => {
  const { clock, sent, failures, batcher, hold } = setup();
  hold(Promise.reject(new Error("no permission")));
  batcher.add("a");
  await clock.advance(1_000);
  hold(Promise.resolve());
  batcher.add("b");
  await batcher.close();
  expect(failures).toHaveLength(1);
  expect(sent).toEqual(["a", "b"]);
});
