import { expect, test } from "vitest";
import { createBackoff, type Backoff } from "./backoff.ts";
import { createSeededRandom } from "./random.ts";

function delays(first: Backoff, total: number): number[] {
  const all: number[] = [];
  for (let backoff = first; all.length < total; backoff = backoff.next()) all.push(backoff.delayMs);
  return all;
}

test("doubles up to the maximum without jitter", () => {
  const backoff = createBackoff({ baseMs: 100, maximumMs: 1_000, jitterRatio: 0, random: createSeededRandom(1) });
  expect(delays(backoff, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(backoff.attempt).toBe(0);
  expect(backoff.next().next().attempt).toBe(2);
});

test("with jitter each delay stays between its floor and its cap", () => {
  const random = createSeededRandom(7);
  const backoff = createBackoff({ baseMs: 100, maximumMs: 800, jitterRatio: 0.5, random });
  for (const [attempt, delayMs] of delays(backoff, 50).entries()) {
    const capMs = Math.min(800, 100 * 2 ** attempt);
    expect(delayMs).toBeGreaterThanOrEqual(capMs / 2);
    expect(delayMs).toBeLessThan(capMs);
  }
});

test("is the same for the same seed, and a value: asking twice changes nothing", () => {
  const sequence = () => delays(createBackoff({ random: createSeededRandom(42) }), 8);
  expect(sequence()).toEqual(sequence());
  const backoff = createBackoff({ random: createSeededRandom(42) });
  expect(backoff.delayMs).toBe(backoff.delayMs);
});

test("caps the first delay too, and stays finite after thousands of failures", () => {
  const random = createSeededRandom(1);
  expect(createBackoff({ baseMs: 5_000, maximumMs: 1_000, jitterRatio: 0, random }).delayMs).toBe(1_000);
  const many = delays(createBackoff({ baseMs: 0, maximumMs: 1_000, random }), 3_000);
  expect(many.every((delayMs) => delayMs === 0)).toBe(true);
  expect(delays(createBackoff({ maximumMs: 1_000, jitterRatio: 0, random }), 3_000).at(-1)).toBe(1_000);
});
