import { findFilterProblem } from "@antiphon/protocol/lavalink";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { composeFilters, speedRatioOf } from "./compose-filters.ts";
import { filterPresets } from "./filter-presets.ts";

describe("composeFilters", () => {
  test("adds gains and keeps them in range", () => {
    const first = {
      equalizer: [
        { band: 0, gain: 0.1 },
        { band: 14, gain: -0.2 },
      ],
    };
    const second = {
      equalizer: [
        { band: 0, gain: 0.2 },
        { band: 14, gain: -0.2 },
        { band: 3, gain: 0 },
      ],
    };
    expect(composeFilters([first, second])).toEqual({
      equalizer: [
        { band: 0, gain: 0.3 },
        { band: 14, gain: -0.25 },
      ],
    });
  });

  test("multiplies timescales and volumes, adds rotations, chains channel mixes", () => {
    const composed = composeFilters([
      { timescale: { speed: 1.2 }, volume: 0.5, rotation: { rotationHz: 0.2 }, ...filterPresets.mono },
      {
        timescale: { speed: 1.5, rate: 2 },
        volume: 0.5,
        rotation: { rotationHz: 0.1 },
        channelMix: { rightToRight: 0 },
      },
    ]);
    expect(composed).toEqual({
      timescale: { speed: 1.8, pitch: 1, rate: 2 },
      volume: 0.25,
      rotation: { rotationHz: 0.3 },
      channelMix: { leftToLeft: 0.5, leftToRight: 0, rightToLeft: 0.5, rightToRight: 0 },
    });
    expect(speedRatioOf(composed)).toBe(3.6);
    expect(speedRatioOf({})).toBe(1);
  });

  test("lets the later win field by field where there is no sum, and leaves out what does nothing", () => {
    const echo = { pluginFilters: { echo: { delay: 1 } } };
    const composed = composeFilters([
      { tremolo: { frequency: 2, depth: 0.5 }, ...echo, timescale: { speed: 2 } },
      { tremolo: { depth: 0.9 }, pluginFilters: { normalization: {} }, timescale: { speed: 0.5 }, volume: 1 },
    ]);
    expect(composed).toEqual({
      tremolo: { frequency: 2, depth: 0.9 },
      pluginFilters: { echo: { delay: 1 }, normalization: {} },
    });
  });

  test("gives filters in range whatever presets are stacked", () => {
    const preset = fc.constantFrom(...Object.values(filterPresets));
    fc.assert(
      fc.property(fc.array(preset, { maxLength: 12 }), (layers) => {
        expect(findFilterProblem(composeFilters(layers))).toBeUndefined();
      }),
    );
  });
});

test("every preset is in range, and vaporwave is lower than the original", () => {
  for (const preset of Object.values(filterPresets)) expect(findFilterProblem(preset)).toBeUndefined();
  expect(filterPresets.vaporwave.timescale.pitch).toBeLessThan(1);
});
