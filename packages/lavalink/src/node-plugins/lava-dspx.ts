import type { Filters } from "@antiphon/protocol/lavalink";

/** The effects of the LavaDSPX plugin. */
export interface LavaDspxEffects {
  /** Takes low tones away. */
  readonly highPass?: { readonly cutoffFrequencyHz: number; readonly boostFactor?: number };
  /** Takes high tones away. */
  readonly lowPass?: { readonly cutoffFrequencyHz: number; readonly boostFactor?: number };
  /** Raises what is quiet; `isAdaptive` follows the sound. */
  readonly normalization?: { readonly maximumAmplitude: number; readonly isAdaptive?: boolean };
  readonly echo?: { readonly lengthSeconds: number; readonly decay: number };
}

/** Effects of LavaDSPX as filters, to be set as a layer of `player.filters`. @see Devoxin/LavaDSPX-Plugin, README, "Usage" */
export function lavaDspx({ highPass, lowPass, normalization, echo }: LavaDspxEffects): Filters {
  const pass = ({ cutoffFrequencyHz, boostFactor = 1 }: NonNullable<LavaDspxEffects["highPass"]>) => ({
    cutoffFrequency: cutoffFrequencyHz,
    boostFactor,
  });
  return {
    pluginFilters: {
      ...(highPass === undefined ? {} : { "high-pass": pass(highPass) }),
      ...(lowPass === undefined ? {} : { "low-pass": pass(lowPass) }),
      ...(normalization === undefined
        ? {}
        : {
            normalization: {
              maxAmplitude: normalization.maximumAmplitude,
              adaptive: normalization.isAdaptive ?? true,
            },
          }),
      ...(echo === undefined ? {} : { echo: { echoLength: echo.lengthSeconds, decay: echo.decay } }),
    },
  };
}
