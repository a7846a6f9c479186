import type { Filters } from "@antiphon/protocol/lavalink";
import { createEqualizer } from "./equalizer.ts";
import { createRateChange } from "./rate-change.ts";
import type { SoundFilter } from "./sound-filter.ts";
import { createChannelMix, createKaraoke, createRotation } from "./stereo-filters.ts";
import { createTimeStretch, type TimeStretch } from "./time-stretch.ts";
import { createDistortion, createLowPass, createTremolo, createVibrato } from "./tone-filters.ts";

/** Filters one behind the other. */
export interface FilterChain {
  /** How many milliseconds of a track one heard millisecond takes. */
  readonly speedRatio: number;
  /** Changes interleaved samples of two channels; gives more or fewer of them when the speed is changed. */
  push(samples: Float32Array): Float32Array;
  /** Gives what is left after the last input. */
  flush(): Float32Array;
}

/** The least and the greatest factor of the timescale: beyond it one frame would become minutes, or minutes one frame. */
export const TIMESCALE_RANGE = { minimum: 0.1, maximum: 10 } as const;

function createTimescale({
  speed = 1,
  pitch = 1,
  rate = 1,
}: NonNullable<Filters["timescale"]>): readonly TimeStretch[] {
  const tempo = speed / pitch;
  const ratio = pitch * rate;
  return [...(tempo === 1 ? [] : [createTimeStretch(tempo)]), ...(ratio === 1 ? [] : [createRateChange(ratio)])];
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

/** Makes a filter of what a client asked for; a kind that is cleared, by null or by nothing in it, makes none. */
function make<T extends object>(asked: T | null | undefined, create: (asked: T) => SoundFilter | undefined) {
  return asked === undefined || asked === null || Object.keys(asked).length === 0 ? undefined : create(asked);
}

/** Builds a {@link FilterChain}, or nothing when no filter but the volume is on. */
export function createFilterChain(filters: Filters): FilterChain | undefined {
  const before = [make(filters.equalizer, createEqualizer), make(filters.karaoke, createKaraoke)].filter(isThere);
  const { speed = 1, rate = 1 } = filters.timescale ?? {};
  const stretches = createTimescale(filters.timescale ?? {});
  const after = [
    make(filters.tremolo, createTremolo),
    make(filters.vibrato, createVibrato),
    make(filters.distortion, createDistortion),
    make(filters.rotation, createRotation),
    make(filters.channelMix, createChannelMix),
    make(filters.lowPass, createLowPass),
  ].filter(isThere);
  if (before.length + stretches.length + after.length === 0) return undefined;

  const finish = (samples: Float32Array) => {
    for (const filter of after) filter.process(samples);
    return samples;
  };
  return {
    speedRatio: speed * rate,
    push(samples) {
      for (const filter of before) filter.process(samples);
      return finish(stretches.reduce((sound, stretch) => stretch.push(sound), samples));
    },
    flush() {
      // What one stretch still holds goes through the next before that gives up its own.
      const rest = stretches.reduce<Float32Array[]>(
        (sounds, stretch) => [...sounds.map((sound) => stretch.push(sound)), stretch.flush()],
        [],
      );
      const whole = Float32Array.from(rest.flatMap((sound) => [...sound]));
      return finish(whole);
    },
  };
}
