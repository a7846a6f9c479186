import type { EqualizerBand, Filters } from "@antiphon/protocol/lavalink";

/** How strong the bass boost is. */
export type BassBoostLevel = "low" | "medium" | "high";

/** Bands of the equalizer from the gains of the lowest ones on; those at 0 are left out. */
function bands(...gains: readonly number[]): readonly EqualizerBand[] {
  return gains.map((gain, band) => ({ band, gain })).filter(({ gain }) => gain !== 0);
}

/** The usual effects, ready for {@link PlayerFilters.use}. */
export const filterPresets = {
  bassBoostLow: { equalizer: bands(0.1, 0.1, 0.08, 0.05) },
  bassBoostMedium: { equalizer: bands(0.2, 0.2, 0.15, 0.1, 0.05) },
  bassBoostHigh: { equalizer: bands(0.35, 0.35, 0.25, 0.15, 0.05) },
  trebleBoost: { equalizer: bands(0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.15, 0.2, 0.2, 0.25, 0.25) },
  pop: {
    equalizer: bands(-0.05, -0.03, 0.02, 0.08, 0.12, 0.12, 0.08, 0.04, 0, -0.02, -0.03, -0.04, -0.05, -0.05, -0.05),
  },
  rock: { equalizer: bands(0.2, 0.15, 0.1, 0.05, -0.03, -0.05, -0.05, -0.03, 0.05, 0.08, 0.1, 0.12, 0.15, 0.15, 0.15) },
  electronic: { equalizer: bands(0.2, 0.18, 0.1, 0.02, 0, -0.05, 0, 0.02, 0.02, 0.05, 0.08, 0.1, 0.15, 0.18, 0.2) },
  /** Faster and higher. */
  nightcore: { timescale: { speed: 1.2, pitch: 1.1 } },
  /** Slower and lower: its pitch is below 1. */
  vaporwave: { timescale: { speed: 0.8, pitch: 0.85 } },
  /** A little slower, a little lower. */
  slowed: { timescale: { speed: 0.9, pitch: 0.95 } },
  doubleTime: { timescale: { speed: 1.25 } },
  chipmunk: { timescale: { pitch: 1.4 } },
  /** Goes round the listener, once in five seconds. */
  eightD: { rotation: { rotationHz: 0.2 } },
  /** Takes a singer in the middle away. */
  karaoke: { karaoke: { level: 1, monoLevel: 1, filterBand: 220, filterWidth: 100 } },
  tremolo: { tremolo: { frequency: 4, depth: 0.6 } },
  vibrato: { vibrato: { frequency: 4, depth: 0.6 } },
  /** As from the next room. */
  soft: { lowPass: { smoothing: 20 } },
  mono: { channelMix: { leftToLeft: 0.5, leftToRight: 0.5, rightToLeft: 0.5, rightToRight: 0.5 } },
} as const satisfies Readonly<Record<string, Filters>>;

/** The name of a preset. */
export type FilterPresetName = keyof typeof filterPresets;
