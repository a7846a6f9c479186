import { expect, test, vi } from "vitest";
import { measureLoudness } from "../../src/analysis/loudness.ts";
import { concat, stereo, tone } from "./synthesised-audio.ts";

// Signal processing takes long on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const sine = (seconds: number, dbfs: number, sampleRateHz = 48_000) => tone({ hz: 1_000, seconds, dbfs, sampleRateHz });
const loudnessOf = (...pieces: readonly Float32Array[]) => measureLoudness(stereo(concat(...pieces)));

// EBU Tech 3341, table 1: test signals and what a meter must show, within 0.1.
test.each([
  ["1: -23 dBFS", [sine(20, -23)], -23],
  ["2: -33 dBFS", [sine(20, -33)], -33],
  ["3: soft parts below the relative gate", [sine(10, -36), sine(60, -23), sine(10, -36)], -23],
  ["4: and below the absolute gate", [sine(10, -72), sine(10, -36), sine(60, -23), sine(10, -36), sine(10, -72)], -23],
  ["5: a louder middle", [sine(20, -26), sine(20.1, -20), sine(20, -26)], -23],
])("integrated loudness, EBU Tech 3341 signal %s", (_name, pieces, lufs) => {
  const measured = loudnessOf(...pieces).integratedLufs ?? Number.NaN;
  expect(Math.abs(measured - lufs)).toBeLessThanOrEqual(0.1);
});

test("integrated loudness, EBU Tech 3341 signal 6: surround channels count more, low frequencies not at all", () => {
  const [front, centre, surround] = [sine(20, -28), sine(20, -24), sine(20, -30)];
  const five = measureLoudness({ sampleRateHz: 48_000, channels: [front, front, centre, surround, surround] });
  expect(five.integratedLufs).toBeCloseTo(-23, 0.9);
  const loud = sine(20, -3);
  const six = measureLoudness({ sampleRateHz: 48_000, channels: [front, front, centre, loud, surround, surround] });
  expect(six.integratedLufs).toBeCloseTo(five.integratedLufs ?? 0, 6);
});

test.each([22_050, 44_100, 48_000, 96_000])("a sine of -23 dBFS is -23 LUFS at %i Hz too", (sampleRateHz) => {
  const loudness = measureLoudness(stereo(sine(5, -23, sampleRateHz), sampleRateHz));
  expect(Math.abs((loudness.integratedLufs ?? 0) + 23)).toBeLessThanOrEqual(0.1);
  expect(loudness.maximumMomentaryLufs).toBeCloseTo(-23, 0.9);
});

// EBU Tech 3342, table 1: within 1 LU.
test.each([
  [[-20, -30], 10],
  [[-20, -15], 5],
  [[-40, -20], 20],
  [[-50, -35, -20, -35, -50], 15],
])("loudness range, EBU Tech 3342: parts of %j dBFS", (levels, lu) => {
  const measured = loudnessOf(...levels.map((dbfs) => sine(20, dbfs))).rangeLu ?? Number.NaN;
  expect(Math.abs(measured - lu)).toBeLessThanOrEqual(1);
});

// EBU Tech 3341, signals 15 to 19: within +0.2 and -0.4 dB.
test.each([
  ["15", 12_000, 0, 0.5, -6],
  ["16", 12_000, 45, 0.5, -6],
  ["17", 8_000, 60, 0.5, -6],
  ["18", 6_000, 67.5, 0.5, -6],
  ["19", 12_000, 45, 1.41, 3],
])("true peak, EBU Tech 3341 signal %s", (_name, hz, phase, peak, expected) => {
  const channel = tone({ hz, seconds: 1, dbfs: 20 * Math.log10(peak), phase });
  // The ends of the test signals are tapered: what is cut off sharply overshoots.
  const tapered = channel.map((sample, index) => sample * Math.min(1, index / 2_400, (channel.length - index) / 2_400));
  const measured = measureLoudness(stereo(tapered)).truePeakDbfs ?? Number.NaN;
  expect(measured).toBeLessThanOrEqual(expected + 0.2);
  expect(measured).toBeGreaterThanOrEqual(expected - 0.4);
});

test("silence and what is too short have no loudness", () => {
  const none = { integratedLufs: undefined, maximumMomentaryLufs: undefined, rangeLu: undefined };
  expect(loudnessOf(new Float32Array(48_000))).toEqual({ ...none, truePeakDbfs: undefined });
  expect(loudnessOf(sine(0.3, -23))).toMatchObject(none);
});
