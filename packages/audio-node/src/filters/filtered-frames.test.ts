import type { FrameSource } from "@antiphon/voice";
import { createOpusEncoder } from "@antiphon/voice/source";
import { expect, test } from "vitest";
import { createFilteredFrames } from "./filtered-frames.ts";

/** So many frames of silence. */
function silence(frames: number) {
  const encoder = createOpusEncoder();
  const packet = encoder.encode(new Uint8Array(3840));
  encoder.delete();
  let given = 0;
  let closed = 0;
  const source: FrameSource = {
    frameMs: 20,
    next: () => Promise.resolve(given++ < frames ? packet : null),
    close: () => void closed++,
  };
  return { source, packet, given: () => given, closed: () => closed };
}

async function count(frames: FrameSource): Promise<number> {
  let heard = 0;
  while ((await frames.next()) !== null) heard++;
  return heard;
}

test("passes frames through untouched while no filter is on", async () => {
  const { source, packet, closed } = silence(3);
  const frames = createFilteredFrames(source, { volume: 2 });
  expect(await frames.next()).toBe(packet);
  expect(await count(frames)).toBe(2);
  await frames.close();
  expect(closed()).toBe(1);
});

test("knows where the track is, however its speed was changed", async () => {
  const { source } = silence(1_000);
  const frames = createFilteredFrames(source, {});
  for (let frame = 0; frame < 50; frame++) await frames.next();
  frames.setFilters({ timescale: { rate: 2 } });
  expect(frames.trackMsAt(500)).toBe(500);
  expect(frames.trackMsAt(1_000)).toBe(1_000);
  expect(frames.trackMsAt(1_500)).toBe(2_000);
  for (let frame = 0; frame < 50; frame++) await frames.next();
  frames.setFilters({ timescale: { speed: 0.5 }, lowPass: { smoothing: 20 } });
  expect(frames.trackMsAt(1_500)).toBe(2_000);
  expect(frames.trackMsAt(2_000)).toBe(3_000);
  expect(frames.trackMsAt(3_000)).toBe(3_500);
  frames.setFilters({});
  expect(frames.trackMsAt(2_500)).toBe(3_500);
  await frames.close();
});

test("gives as many frames as the speed asks for, the last ones included", async () => {
  for (const [speed, expected] of [
    [1, 100],
    [2, 50],
    [0.5, 200],
  ] as const) {
    const frames = createFilteredFrames(silence(100).source, { timescale: { speed }, tremolo: { frequency: 2 } });
    const heard = await count(frames);
    expect(heard).toBeGreaterThanOrEqual(expected);
    expect(heard).toBeLessThanOrEqual(expected + 6);
    await frames.close();
  }
});

test("ends at once when it is closed, also while it waits for a frame", async () => {
  const waiting = Promise.withResolvers<Uint8Array | null>();
  const { packet, source } = silence(1);
  const frames = createFilteredFrames({ ...source, next: () => waiting.promise }, { lowPass: { smoothing: 20 } });
  const next = frames.next();
  await frames.close();
  waiting.resolve(packet);
  expect(await next).toBeNull();
  expect(await frames.next()).toBeNull();
});
