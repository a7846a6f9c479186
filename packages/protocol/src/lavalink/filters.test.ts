import { expect, test } from "vitest";
import { findFilterProblem } from "./filters.ts";

test.each([
  [{ volume: 5.1 }, "volume must be from 0 to 5, not 5.1"],
  [{ volume: Number.NaN }, "volume must be from 0 to 5, not NaN"],
  [{ equalizer: {} }, "equalizer must be a list of bands"],
  [{ equalizer: [3] }, "equalizer must be a list of bands"],
  [{ equalizer: [{ band: 15, gain: 0 }] }, "equalizer.band must be a whole number from 0 to 14, not 15"],
  [{ equalizer: [{ band: 3, gain: -0.3 }] }, "equalizer.gain of band 3 must be from -0.25 to 1, not -0.3"],
  [{ karaoke: { level: 2 } }, "karaoke.level must be from 0 to 1, not 2"],
  [{ timescale: { rate: 0 } }, "timescale.rate must be above 0, not 0"],
  [{ tremolo: { depth: 1.5 } }, "tremolo.depth must be above 0 and at most 1, not 1.5"],
  [{ vibrato: { frequency: 15 } }, "vibrato.frequency must be above 0 and at most 14, not 15"],
  [{ rotation: { rotationHz: "fast" } }, 'rotation.rotationHz must be a number, not "fast"'],
  [{ channelMix: { leftToRight: -1 } }, "channelMix.leftToRight must be from 0 to 1, not -1"],
  [{ lowPass: 3 }, "lowPass must be an object"],
  [{ pluginFilters: [] }, "pluginFilters must be an object"],
])("%j is refused in words", (filters, problem) => {
  expect(findFilterProblem(filters)).toBe(problem);
});

test("what is in range, left out, null or unknown passes", () => {
  expect(findFilterProblem({})).toBeUndefined();
  expect(findFilterProblem({ timescale: null, equalizer: null, echo: { delay: 4 } })).toBeUndefined();
  const filters = { volume: 0, equalizer: [{ band: 14, gain: 1 }], vibrato: { frequency: 14, depth: 1 } };
  expect(findFilterProblem({ ...filters, pluginFilters: { normalization: {} } })).toBeUndefined();
});
