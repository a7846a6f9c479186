import { expect, test } from "vitest";
import { createBoundedQueue } from "@antiphon/std";
import { createManualClock } from "./clock.ts";

test("keeps order and drops the oldest when full", async () => {
  const dropped: number[] = [];
  const queue = createBoundedQueue<number>({ limit: 3, onDrop: (item) => dropped.push(item) });
  for (let item = 1; item <= 5; item++) queue.push(item);
  expect(dropped).toEqual([1, 2]);
  queue.close();
  expect(await Array.fromAsync(queue)).toEqual([3, 4, 5]);
});

test("manual clock", async () => {
  const clock = createManualClock();
  let done = false;
  void clock.sleep(10).then(() => (done = true));
  await clock.advance(10);
  expect(done).toBe(true);
});
