import { createManualClock, createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { createFaultLine, createMediaFaultCounts, type MediaFaults } from "./fault-line.ts";

function createBench(faults: MediaFaults, seed = 1) {
  const clock = createManualClock();
  const counts = createMediaFaultCounts();
  const arrived: number[] = [];
  const send = (datagram: Buffer) => void arrived.push(datagram.readUInt32BE());
  const line = createFaultLine({ clock, random: createSeededRandom(seed), faults: () => faults, counts, send });
  const push = (count: number) => {
    for (let index = 0; index < count; index++) {
      const datagram = Buffer.alloc(64);
      datagram.writeUInt32BE(index);
      line.push(datagram);
    }
  };
  return { clock, counts, arrived, line, push };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test("without faults everything passes at once and in order", () => {
  const { arrived, push, clock } = createBench({});
  push(100);
  expect(arrived).toEqual(upTo(100));
  expect(clock.pendingTimers).toBe(0);
});

test("loses and duplicates about as many as asked for, and counts them", () => {
  const { arrived, counts, push } = createBench({ lossRatio: 0.1, duplicateRatio: 0.05 });
  push(2000);
  expect(counts.lost).toBeGreaterThan(150);
  expect(counts.lost).toBeLessThan(250);
  expect(arrived).toHaveLength(2000 - counts.lost + counts.duplicated);
  expect(new Set(arrived).size).toBe(2000 - counts.lost);
});

test("the same seed meets the same faults", () => {
  const faults = { lossRatio: 0.2, duplicateRatio: 0.2, reorderRatio: 0.2 };
  const [first, second, third] = [createBench(faults, 7), createBench(faults, 7), createBench(faults, 8)];
  for (const { push } of [first, second, third]) push(200);
  expect(second.arrived).toEqual(first.arrived);
  expect(third.arrived).not.toEqual(first.arrived);
});

test("reordering swaps neighbours and loses nothing, the last one included", async () => {
  const { arrived, counts, push, clock } = createBench({ reorderRatio: 1 });
  push(5);
  expect(arrived).toEqual([1, 0, 3, 2]);
  await clock.advance(60);
  expect(arrived).toEqual([1, 0, 3, 2, 4]);
  expect(counts.reordered).toBe(3);
  expect(clock.pendingTimers).toBe(0);
});

test("jitter delays within its bound and lets nothing overtake", async () => {
  const { arrived, counts, push, clock } = createBench({ jitterMs: 50 });
  push(100);
  expect(arrived).toEqual([]);
  await clock.advance(50);
  expect(arrived).toEqual(upTo(100));
  expect(counts.delayed).toBe(100);
});

test("gives up what does not fit while it waits", async () => {
  const { arrived, counts, push, clock } = createBench({ jitterMs: 50 });
  push(1000);
  expect(counts).toMatchObject({ delayed: 512, overflowed: 488 });
  await clock.advance(50);
  expect(arrived).toHaveLength(512);
});

test("corruption changes one bit of a copy", () => {
  const received: Buffer[] = [];
  const line = createFaultLine({
    clock: createManualClock(),
    random: createSeededRandom(3),
    faults: () => ({ corruptRatio: 1 }),
    counts: createMediaFaultCounts(),
    send: (datagram) => void received.push(datagram),
  });
  const original = Buffer.alloc(32);
  line.push(original);
  const bits = [...(received[0] ?? [])].map((byte) => byte.toString(2).replaceAll("0", "")).join("");
  expect(bits).toBe("1");
  expect(original).toEqual(Buffer.alloc(32));
});

test("closing drops what waits", async () => {
  const { arrived, push, line, clock } = createBench({ jitterMs: 50, reorderRatio: 0.5 });
  push(50);
  line.close();
  await clock.advance(1000);
  expect(arrived).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});
