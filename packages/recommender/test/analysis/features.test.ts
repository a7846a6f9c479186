import { expect, test, vi } from "vitest";
import { findKey, pitchClasses } from "../../src/analysis/musical-key.ts";
import { measureSpectrum } from "../../src/analysis/spectral-features.ts";
import { findTempo } from "../../src/analysis/tempo.ts";
import { chords, concat, drums, tone, whiteNoise } from "./synthesised-audio.ts";

// Signal processing takes long on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

test.each([75, 90, 100, 120, 128, 140, 174])("the tempo of drums at %i beats a minute", (beatsPerMinute) => {
  const tempo = findTempo(drums(beatsPerMinute, 15), 44_100);
  expect(Math.abs((tempo?.beatsPerMinute ?? 0) - beatsPerMinute)).toBeLessThanOrEqual(0.5);
  expect(tempo?.confidence).toBeGreaterThan(0.3);
});

test.each([22_050, 48_000])("the tempo does not depend on the sample rate: %i Hz", (sampleRateHz) => {
  const tempo = findTempo(drums(110, 15, sampleRateHz), sampleRateHz);
  expect(Math.abs((tempo?.beatsPerMinute ?? 0) - 110)).toBeLessThanOrEqual(0.5);
});

test("what has no beat has no tempo", () => {
  const steady = tone({ hz: 440, seconds: 10, dbfs: -12 });
  for (const channel of [steady, whiteNoise(10), new Float32Array(480_000), steady.subarray(0, 48_000)])
    expect(findTempo(channel, 48_000)).toBeUndefined();
});

test("the tempo of soft music, and of music whose half beats are as strong as its beats", () => {
  const soft = drums(96, 15).map((sample) => sample / 100);
  expect(findTempo(soft, 44_100)?.beatsPerMinute).toBeCloseTo(96, 0);
  // Nobody can tell then: the faster one is told.
  expect(findTempo(drums(55, 15), 44_100)?.beatsPerMinute).toBeCloseTo(110, 0);
});

const major = (root: number) => [root, root + 4, root + 7];
const minor = (root: number) => [root, root + 3, root + 7];

test("the key of a cadence in each of the 24 keys", () => {
  for (const [shift, tonic] of pitchClasses.entries()) {
    const root = 48 + shift;
    const inMajor = [
      major(root),
      major(root + 5),
      major(root + 7),
      minor(root + 9),
      major(root + 5),
      major(root + 7),
      major(root),
    ];
    const inMinor = [
      minor(root),
      minor(root + 5),
      major(root + 7),
      minor(root),
      major(root + 8),
      minor(root + 5),
      minor(root),
    ];
    for (const [mode, progression] of [
      ["major", inMajor],
      ["minor", inMinor],
    ] as const) {
      const key = findKey(chords([...progression, ...progression]), 22_050);
      expect(key).toMatchObject({ tonic, mode });
      expect(key?.confidence).toBeGreaterThan(0);
    }
  }
});

test("silence and noise have no key", () => {
  for (const channel of [new Float32Array(96_000), whiteNoise(5)]) expect(findKey(channel, 48_000)).toBeUndefined();
});

test("the spectrum of a pure tone", () => {
  const spectrum = measureSpectrum(tone({ hz: 1_000, seconds: 2, dbfs: -6 }), 48_000);
  expect(spectrum?.centroidHz).toBeGreaterThan(990);
  expect(spectrum?.centroidHz).toBeLessThan(1_100);
  expect(Math.abs((spectrum?.rolloffHz ?? 0) - 1_000)).toBeLessThan(50);
  expect(spectrum?.flatnessRatio).toBeLessThan(0.001);
  expect(Math.abs((spectrum?.zeroCrossingsPerSecond ?? 0) - 2_000)).toBeLessThan(3);
  expect(spectrum?.rmsDbfs).toBeCloseTo(-6 - 3.01, 1);
});

test("the spectrum of white noise, and none of silence", () => {
  const spectrum = measureSpectrum(whiteNoise(5), 48_000);
  expect(Math.abs((spectrum?.centroidHz ?? 0) - 12_000)).toBeLessThan(200);
  expect(Math.abs((spectrum?.rolloffHz ?? 0) - 0.85 * 24_000)).toBeLessThan(300);
  // e to the minus Euler's constant: what the periodogram of white noise comes to.
  expect(spectrum?.flatnessRatio).toBeCloseTo(0.561, 1);
  expect(spectrum?.rmsDbfs).toBeCloseTo(20 * Math.log10(Math.sqrt(1 / 12)), 1);
  expect(measureSpectrum(new Float32Array(48_000), 48_000)).toBeUndefined();
});

test("pauses do not change what is heard", () => {
  const heard = tone({ hz: 1_000, seconds: 2, dbfs: -6 });
  const paused = concat(heard, new Float32Array(96_000));
  const [whole, half] = [heard, paused].map((channel) => measureSpectrum(channel, 48_000)?.centroidHz ?? 0);
  expect(Math.abs((whole ?? 0) - (half ?? 0))).toBeLessThan(40);
});
