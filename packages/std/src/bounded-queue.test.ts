import { array, assert, asyncProperty, constantFrom, integer, oneof, record, constant } from "fast-check";
import { expect, test } from "vitest";
import { createBoundedQueue } from "./bounded-queue.ts";

test("keeps order and drops the oldest when full", async () => {
  const lost: number[] = [];
  const queue = createBoundedQueue<number>({ limit: 3, onDrop: (item) => lost.push(item) });
  for (let item = 1; item <= 5; item++) expect(queue.push(item)).toBe(true);
  expect(lost).toEqual([1, 2]);
  expect(queue.dropped).toBe(2);
  queue.close();
  expect(await Array.fromAsync(queue)).toEqual([3, 4, 5]);
});

test("refuses the newest when told to", async () => {
  const lost: number[] = [];
  const queue = createBoundedQueue<number>({ limit: 2, overflow: "drop-newest", onDrop: (item) => lost.push(item) });
  expect([1, 2, 3].map((item) => queue.push(item))).toEqual([true, true, false]);
  expect(lost).toEqual([3]);
  expect(queue.poll()).toBe(1);
  expect(queue.push(4)).toBe(true);
  queue.close();
  expect(queue.push(5)).toBe(false);
  expect(queue.dropped).toBe(1);
  expect(await Array.fromAsync(queue)).toEqual([2, 4]);
});

test("hands an item to the consumer that has waited longest", async () => {
  const queue = createBoundedQueue<string>({ limit: 1 });
  const consumers = [queue.take(), queue.take()];
  queue.push("a");
  queue.push("b");
  expect(await Promise.all(consumers)).toEqual(["a", "b"]);
  expect(queue.size).toBe(0);
});

test("an aborted consumer loses no item", async () => {
  const queue = createBoundedQueue<string>({ limit: 1 });
  const controller = new AbortController();
  const impatient = queue.take({ signal: controller.signal });
  const patient = queue.take();
  controller.abort(new Error("enough"));
  queue.push("a");
  await expect(impatient).rejects.toThrow("enough");
  expect(await patient).toBe("a");
  await expect(queue.take({ signal: controller.signal })).rejects.toThrow("enough");
});

test("close ends waiting consumers, and may be called twice", async () => {
  const queue = createBoundedQueue<string>({ limit: 1 });
  const waiting = queue.take();
  queue.close();
  queue.close();
  expect(await waiting).toBeUndefined();
  expect(await queue.take()).toBeUndefined();
  expect(queue.poll()).toBeUndefined();
  expect(queue.closed).toBe(true);
});

test("a push from within onDrop leaves the queue whole", () => {
  let isFirst = true;
  const queue = createBoundedQueue<number>({
    limit: 2,
    onDrop: () => {
      if (!isFirst) return;
      isFirst = false;
      queue.push(99);
    },
  });
  for (const item of [1, 2, 3]) queue.push(item);
  expect([queue.size, queue.poll(), queue.poll(), queue.poll()]).toEqual([2, 3, 99, undefined]);
});

test("refuses a limit that is no whole number from 1", () => {
  for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => createBoundedQueue({ limit })).toThrow(`not ${limit}`);
  }
});

test("behaves as an array with a bound, for every sequence of calls", async () => {
  const call = oneof(record({ push: integer() }), constant("poll" as const));
  const property = asyncProperty(
    integer({ min: 1, max: 40 }),
    constantFrom("drop-oldest" as const, "drop-newest" as const),
    array(call, { maxLength: 200 }),
    async (limit, overflow, calls) => {
      const queue = createBoundedQueue<number>({ limit, overflow });
      const model: number[] = [];
      for (const each of calls) {
        if (each === "poll") {
          expect(queue.poll()).toBe(model.shift());
          continue;
        }
        queue.push(each.push);
        if (model.length < limit) model.push(each.push);
        else if (overflow === "drop-oldest") model.splice(0, model.length, ...model.slice(1), each.push);
      }
      queue.close();
      expect(await Array.fromAsync(queue)).toEqual(model);
    },
  );
  await assert(property, { seed: 1 });
});
