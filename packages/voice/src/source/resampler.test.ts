import { describe, expect, test } from "vitest";
import { createResampler } from "./resampler.ts";

const sine = (hz: number, rateHz: number, count: number) =>
  Float32Array.from({ length: count }, (_, index) => 0.5 * Math.sin((2 * Math.PI * hz * index) / rateHz));

function resample(input: Float32Array, rateHz: number, pieceSamples: number): Float32Array {
  const resampler = createResampler(rateHz);
  const pieces: Float32Array[] = [];
  for (let offset = 0; offset < input.length; offset += pieceSamples)
    pieces.push(resampler.push(input.subarray(offset, offset + pieceSamples)));
  pieces.push(resampler.flush());
  const output = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    output.set(piece, offset);
    offset += piece.length;
  }
  return output;
}

/** How far above everything else the wanted sine is, in decibels, away from both ends. */
function signalToNoiseDb(output: Float32Array, wanted: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (let index = 500; index < Math.min(output.length, wanted.length) - 500; index++) {
    signal += (wanted[index] as number) ** 2;
    noise += ((output[index] as number) - (wanted[index] as number)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe.each([8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 88_200, 96_000, 192_000])("%i Hz", (rateHz) => {
  test("a tone stays that tone, without a shift and at its length", () => {
    const output = resample(sine(1000, rateHz, rateHz), rateHz, 997);
    expect(Math.abs(output.length - 48_000)).toBeLessThanOrEqual(1);
    expect(signalToNoiseDb(output, sine(1000, 48_000, 48_000))).toBeGreaterThan(75);
  });

  test("the size of the pieces does not matter", () => {
    const input = sine(700, rateHz, 4000);
    expect(resample(input, rateHz, 1)).toEqual(resample(input, rateHz, 4000));
  });
});

test("a ratio without a short fraction is off by less than a millionth", () => {
  const output = resample(sine(1000, 44_056, 44_056), 44_056, 997);
  expect(Math.abs(output.length - 48_000)).toBeLessThanOrEqual(1);
  expect(signalToNoiseDb(output, sine(1000, 48_000, 48_000))).toBeGreaterThan(45);
});

test("what 48,000 Hz cannot hold is removed, not folded back", () => {
  const output = resample(sine(30_000, 96_000, 96_000), 96_000, 4096);
  const peak = output.subarray(500, -500).reduce((largest, sample) => Math.max(largest, Math.abs(sample)), 0);
  expect(20 * Math.log10(peak / 0.5)).toBeLessThan(-70);
});

test("48,000 Hz is left alone", () => {
  const input = sine(1000, 48_000, 100);
  expect(createResampler(48_000).push(input)).toBe(input);
});
