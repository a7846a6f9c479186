import { expect, test } from "vitest";
import { createAudioClock, type ClockStream } from "./audio-clock.ts";

/** Time that stands still until something waits for it; `stall` holds the thread up. */
function createFakeTime() {
  let nowMs = 1_000.25;
  let queue: { atMs: number; callback: () => void }[] = [];
  return {
    time: {
      nowMs: () => nowMs,
      schedule: (delayMs: number, callback: () => void) =>
        void queue.push({ atMs: nowMs + Math.max(0, delayMs), callback }),
      block: (durationMs: number) => void (nowMs += durationMs),
    },
    stall: (durationMs: number) => void (nowMs += durationMs),
    /** Runs what is due, until so many callbacks ran. */
    run(callbacks: number) {
      for (let ran = 0; ran < callbacks && queue.length > 0; ran++) {
        const next = queue.reduce((first, other) => (other.atMs < first.atMs ? other : first));
        queue = queue.filter((other) => other !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.callback();
      }
    },
    get idle() {
      return queue.length === 0;
    },
  };
}

function createProbe(nowMs: () => number) {
  const ticks: { tick: number; atMs: number }[] = [];
  const probe = { ticks, skipped: 0, awake: true };
  const stream: ClockStream = {
    onTick(tick) {
      ticks.push({ tick, atMs: nowMs() });
      return probe.awake;
    },
    onSkip: (count) => void (probe.skipped += count),
  };
  return Object.assign(probe, { stream });
}

test("ticks come every 20 ms on absolute deadlines, to the fraction of a millisecond", () => {
  const fake = createFakeTime();
  const clock = createAudioClock(fake.time);
  const probe = createProbe(fake.time.nowMs);
  clock.join(probe.stream).wake();
  fake.run(200);
  expect(probe.ticks.length).toBeGreaterThan(30);
  for (const { tick, atMs } of probe.ticks) expect(atMs).toBeCloseTo(1_000.25 + tick * 20, 6);
  expect(probe.skipped).toBe(0);
});

test("after a stall whole ticks are skipped, and none follow in a burst", () => {
  for (const stallMs of [3, 14, 16, 19, 21, 34, 36, 200, 207.5]) {
    const fake = createFakeTime();
    const clock = createAudioClock(fake.time);
    const probe = createProbe(fake.time.nowMs);
    clock.join(probe.stream).wake();
    fake.run(60);
    fake.stall(stallMs);
    fake.run(60);
    const gaps = probe.ticks.slice(1).map(({ atMs }, index) => atMs - (probe.ticks[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5);
    const last = probe.ticks.at(-1);
    expect((last?.tick ?? 0) + 1).toBe(probe.ticks.length + probe.skipped);
    expect(last?.atMs).toBeCloseTo(1_000.25 + (last?.tick ?? 0) * 20, 6);
  }
});

test("streams are spread over the 20 ms in groups of 32, half of it apart at first, and evenly when all groups are full", () => {
  const fake = createFakeTime();
  const clock = createAudioClock(fake.time);
  const probes = Array.from({ length: 8 * 32 + 8 }, () => createProbe(fake.time.nowMs));
  for (const probe of probes) clock.join(probe.stream).wake();
  fake.run(200);
  const offsets = probes.map(({ ticks: [first] }) => Math.round((((first?.atMs ?? 0) - 1_000.25) % 20) * 10) / 10);
  const inOrder = [0, 10, 5, 15, 2.5, 12.5, 7.5, 17.5];
  expect(offsets).toEqual([...inOrder.flatMap((offset) => Array.from({ length: 32 }, () => offset)), ...inOrder]);
});

test("a clock that nobody needs stands still; waking goes on at the next deadline, with the ticks that passed", () => {
  const fake = createFakeTime();
  const clock = createAudioClock(fake.time);
  const probe = createProbe(fake.time.nowMs);
  const seat = clock.join(probe.stream);
  expect(fake.idle).toBe(true);
  probe.awake = false;
  seat.wake();
  fake.run(10);
  expect(probe.ticks).toHaveLength(1);
  expect(fake.idle).toBe(true);
  fake.stall(1_000);
  seat.wake();
  fake.run(10);
  expect(probe.ticks.map(({ tick }) => tick)).toEqual([0, 50]);
  expect(probe.skipped).toBe(0);
  seat.leave();
  seat.wake();
  fake.run(10);
  expect(probe.ticks).toHaveLength(2);
});
