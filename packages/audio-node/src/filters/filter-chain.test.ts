import type { Filters } from "@antiphon/protocol/lavalink";
import { describe, expect, test } from "vitest";
import { createFilterChain } from "./filter-chain.ts";

const RATE_HZ = 48_000;
type Sound = (second: number) => readonly [left: number, right: number];
const tone =
  (hz: number): Sound =>
  (second) => {
    const sample = 0.3 * Math.sin(2 * Math.PI * hz * second);
    return [sample, sample];
  };

/** A second of sound through a filter, in the frames in which it comes. */
function filtered(filters: Filters, sound: Sound, seconds = 1) {
  const chain = createFilterChain(filters);
  const output: number[] = [];
  for (let frame = 0; frame < seconds * 50; frame++) {
    const samples = Float32Array.from({ length: 1920 }, (_, cell) => {
      return sound((frame * 960 + (cell >> 1)) / RATE_HZ)[(cell & 1) as 0 | 1];
    });
    for (const sample of chain?.push(samples) ?? samples) output.push(sample);
  }
  for (const sample of chain?.flush() ?? []) output.push(sample);
  const channel = (number: 0 | 1) => output.filter((_, cell) => (cell & 1) === number);
  return { left: channel(0), right: channel(1), chain };
}

/** How much of a tone there is in a stretch: its amplitude, by one term of a Fourier transform under a Hann window. */
function amplitude(samples: readonly number[], hz: number, from = 0, length = samples.length - from): number {
  let [real, imaginary, weight] = [0, 0, 0];
  for (let index = 0; index < length; index++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length);
    const angle = (2 * Math.PI * hz * index) / RATE_HZ;
    real += window * (samples[from + index] ?? 0) * Math.cos(angle);
    imaginary += window * (samples[from + index] ?? 0) * Math.sin(angle);
    weight += window;
  }
  return (2 * Math.hypot(real, imaginary)) / weight;
}

/** How many times a tone is as loud behind the filter as before it, on the left; the first quarter settles. */
function gain(filters: Filters, hz: number): number {
  const { left } = filtered(filters, tone(hz));
  return amplitude(left, hz, RATE_HZ / 4, RATE_HZ / 2) / 0.3;
}

/** The loudest of some tones. */
function loudest(samples: readonly number[], candidates: readonly number[]): number {
  const found = candidates.map((hz) => [amplitude(samples, hz, RATE_HZ / 10, RATE_HZ / 4), hz] as const);
  return found.toSorted(([a], [b]) => b - a)[0]?.[1] ?? 0;
}

describe("equalizer", () => {
  test.each([
    [0, 25],
    [3, 100],
    [8, 1000],
    [12, 6300],
    [14, 16_000],
  ])("band %i raises, lowers and silences %i Hz, and leaves what is far away", (band, hz) => {
    expect(gain({ equalizer: [{ band, gain: 1 }] }, hz)).toBeCloseTo(2, 1);
    expect(gain({ equalizer: [{ band, gain: -0.125 }] }, hz)).toBeCloseTo(0.5, 1);
    expect(gain({ equalizer: [{ band, gain: -0.25 }] }, hz)).toBeLessThan(0.1);
    const far = band < 7 ? 8000 : 60;
    expect(gain({ equalizer: [{ band, gain: 1 }] }, far)).toBeCloseTo(1, 1);
  });
});

describe("timescale", () => {
  const candidates = [220, 330, 440, 528, 550, 660, 880];
  test.each([
    ["speed changes the length alone", { speed: 2 }, 0.5, 440],
    ["slow speed changes the length alone", { speed: 0.5 }, 2, 440],
    ["pitch changes the tone alone", { pitch: 1.5 }, 1, 660],
    ["low pitch changes the tone alone", { pitch: 0.5 }, 1, 220],
    ["rate changes both", { rate: 1.25 }, 0.8, 550],
    ["all of them multiply", { speed: 1.25, pitch: 1.2, rate: 1 }, 0.8, 528],
  ])("%s", (_, timescale, length, hz) => {
    const { left, chain } = filtered({ timescale }, tone(440));
    expect(left.length / RATE_HZ).toBeGreaterThan(length - 0.01);
    expect(left.length / RATE_HZ).toBeLessThan(length + 0.15);
    expect(loudest(left, candidates)).toBe(hz);
    expect(amplitude(left, hz, RATE_HZ / 10, RATE_HZ / 4)).toBeGreaterThan(0.25);
    expect(chain?.speedRatio).toBeCloseTo(1 / length);
  });

  test("a higher rate folds nothing back", () => {
    const { left } = filtered({ timescale: { rate: 2 } }, tone(20_000));
    // 20 kHz would become 40 kHz, which is heard as 8 kHz.
    expect(amplitude(left, 8_000, RATE_HZ / 10, RATE_HZ / 4)).toBeLessThan(0.03);
  });
});

describe("stereo", () => {
  const middleAndSide: Sound = (second) => {
    const [voice] = tone(1000)(second);
    const [guitar] = tone(3000)(second);
    return [voice + guitar, voice];
  };

  test("karaoke takes away what both channels share, and keeps what only one has and the bass", () => {
    const { left } = filtered({ karaoke: { level: 1 } }, middleAndSide);
    expect(amplitude(left, 1000, RATE_HZ / 4, RATE_HZ / 2)).toBeLessThan(0.03);
    expect(amplitude(left, 3000, RATE_HZ / 4, RATE_HZ / 2)).toBeGreaterThan(0.25);
    expect(gain({ karaoke: { level: 1 } }, 220)).toBeGreaterThan(0.5);
    expect(gain({ karaoke: { level: 1, monoLevel: 0 } }, 220)).toBeLessThan(0.01);
    expect(gain({ karaoke: { level: 0.5, monoLevel: 0 } }, 1000)).toBeCloseTo(0.5, 1);
  });

  test("channelMix puts each channel where it is sent", () => {
    const swap = { leftToLeft: 0, leftToRight: 1, rightToLeft: 1, rightToRight: 0 };
    const { left, right } = filtered({ channelMix: swap }, middleAndSide);
    expect([amplitude(left, 3000), amplitude(right, 3000)].map((value) => value.toFixed(2))).toEqual(["0.00", "0.30"]);
    const mono = filtered(
      { channelMix: { leftToLeft: 0.5, leftToRight: 0.5, rightToLeft: 0.5, rightToRight: 0.5 } },
      middleAndSide,
    );
    expect(mono.left).toEqual(mono.right);
    expect(amplitude(mono.left, 3000)).toBeCloseTo(0.15, 2);
  });

  test("rotation lets the sound go from side to side, so many times a second", () => {
    const { left, right } = filtered({ rotation: { rotationHz: 1 } }, tone(1000));
    const loudness = (samples: number[], at: number) => amplitude(samples, 1000, at * RATE_HZ - 960, 1920);
    expect(loudness(left, 0.25)).toBeCloseTo(0.3, 2);
    expect(loudness(right, 0.25)).toBeLessThan(0.01);
    expect(loudness(left, 0.75)).toBeLessThan(0.01);
    expect(loudness(right, 0.75)).toBeCloseTo(0.3, 2);
  });
});

describe("tone", () => {
  test("tremolo adds a tone on each side, as far away as its frequency", () => {
    const { left } = filtered({ tremolo: { frequency: 10, depth: 1 } }, tone(1000));
    expect(amplitude(left, 1000)).toBeCloseTo(0.15, 2);
    expect(amplitude(left, 990)).toBeCloseTo(0.075, 2);
    expect(amplitude(left, 1010)).toBeCloseTo(0.075, 2);
  });

  test("vibrato bends the tone up and down and keeps it as loud", () => {
    const { left } = filtered({ vibrato: { frequency: 5, depth: 1 } }, tone(1000));
    const pitchAt = (second: number) => {
      const candidates = Array.from({ length: 61 }, (_, index) => 850 + index * 5);
      const found = candidates.map((hz) => [amplitude(left, hz, Math.round(second * RATE_HZ), 1920), hz] as const);
      return found.toSorted(([a], [b]) => b - a)[0] ?? [0, 0];
    };
    const pitches = Array.from({ length: 20 }, (_, index) => pitchAt(0.4 + index * 0.02));
    const heights = pitches.map(([, hz]) => hz);
    expect(Math.min(...heights)).toBeLessThan(930);
    expect(Math.max(...heights)).toBeGreaterThan(1070);
    for (const [loudness] of pitches) expect(loudness).toBeGreaterThan(0.2);
  });

  test("distortion adds overtones, and its scale and offset hold", () => {
    const plain = filtered({}, tone(1000)).left;
    const { left } = filtered({ distortion: { sinScale: 4, tanScale: 1, scale: 1 } }, tone(1000));
    const overtones = [2000, 3000, 4000].map((hz) => amplitude(left, hz, RATE_HZ / 4, RATE_HZ / 2));
    expect(Math.max(...overtones)).toBeGreaterThan(0.01);
    expect(amplitude(plain, 2000, RATE_HZ / 4, RATE_HZ / 2)).toBeLessThan(0.001);
    const offset = filtered({ distortion: { scale: 0, offset: 0.5 } }, tone(1000)).left;
    expect(new Set(offset)).toEqual(new Set([0.5]));
    const wild = filtered({ distortion: { tanScale: 5, scale: 100 } }, tone(1000)).left;
    expect(wild.every((sample) => Math.abs(sample) <= 1)).toBe(true);
  });

  test("lowPass takes high tones away and leaves low ones; 1 does nothing", () => {
    expect(gain({ lowPass: { smoothing: 20 } }, 50)).toBeGreaterThan(0.9);
    expect(gain({ lowPass: { smoothing: 20 } }, 8000)).toBeLessThan(0.1);
    expect(gain({ lowPass: { smoothing: 40 } }, 1000)).toBeLessThan(gain({ lowPass: { smoothing: 20 } }, 1000));
    expect(createFilterChain({ lowPass: { smoothing: 1 } })).toBeUndefined();
  });
});

test("filters that are neutral or cleared make no chain, and several work together", () => {
  const cleared = {
    karaoke: {},
    timescale: { speed: 1 },
    equalizer: [{ band: 3, gain: 0 }],
    rotation: { rotationHz: 0 },
  };
  expect(createFilterChain({ volume: 3, ...cleared })).toBeUndefined();
  expect(createFilterChain({})).toBeUndefined();
  const { left } = filtered({ timescale: { rate: 2 }, channelMix: { leftToLeft: 0.5 } }, tone(440));
  expect(amplitude(left, 880, RATE_HZ / 10, RATE_HZ / 4)).toBeCloseTo(0.15, 1);
});
