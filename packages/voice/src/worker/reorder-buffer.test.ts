import { createSeededRandom } from "@antiphon/std";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createReorderBuffer } from "./reorder-buffer.ts";

function open() {
  const heard: number[] = [];
  const counts = { lost: 0, late: 0 };
  const buffer = createReorderBuffer<number>({
    deliver: (item) => heard.push(item),
    onLost: (packets) => void (counts.lost += packets),
    onLate: () => void counts.late++,
  });
  return { buffer, heard, counts };
}

test("puts five per cent of neighbours that changed places back, and loses nothing, over the wrap", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 0xffff }), (seed, first) => {
      const random = createSeededRandom(seed);
      const order = Array.from({ length: 300 }, (_, index) => index);
      for (let index = 1; index < order.length - 1; index++) {
        if (random.next() < 0.05) [order[index], order[index + 1]] = [order[index + 1] ?? 0, order[index] ?? 0];
      }
      const { buffer, heard, counts } = open();
      for (const item of order) buffer.push((first + item) & 0xffff, item, item * 20);
      buffer.sweep(1e9);
      expect(heard).toEqual([...order].sort((left, right) => left - right));
      expect(counts).toEqual({ lost: 0, late: 0 });
    }),
  );
});

test("counts what never comes, and goes on", () => {
  const { buffer, heard, counts } = open();
  for (let sequence = 0; sequence < 20; sequence++)
    if (sequence !== 5 && sequence !== 6) buffer.push(sequence, sequence, sequence * 20);
  expect(heard).toEqual([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  expect(counts).toEqual({ lost: 2, late: 0 });
  buffer.push(5, 5, 400);
  buffer.push(19, 19, 400);
  expect(counts.late).toBe(2);
});

test("waits no longer than 100 ms at the end of a stream", () => {
  const { buffer, heard, counts } = open();
  buffer.push(10, 10, 0);
  buffer.push(12, 12, 40);
  buffer.sweep(100);
  expect(heard).toEqual([10]);
  buffer.sweep(140);
  expect(heard).toEqual([10, 12]);
  expect(counts.lost).toBe(1);
});

test("waits for no packet that came but was of no use", () => {
  const { buffer, heard, counts } = open();
  buffer.push(1, 1, 0);
  buffer.push(2, undefined, 0);
  buffer.push(3, 3, 0);
  expect(heard).toEqual([1, 3]);
  expect(counts).toEqual({ lost: 0, late: 0 });
});

test("takes a jump for a new stream, not for thousands of losses", () => {
  const { buffer, heard, counts } = open();
  buffer.push(1, 1, 0);
  buffer.push(30_000, 2, 20);
  buffer.push(30_001, 3, 40);
  expect(heard).toEqual([1, 2, 3]);
  expect(counts.lost).toBe(0);
});
