/** Changes the sound of a frame: 960 samples of left and right, interleaved, from -1 to 1 (more is clipped later). */
export interface FrameFilter {
  /** Whether it changes nothing now; Opus input may then pass through undecoded. */
  readonly isNeutral: boolean;
  /** Changes the samples in place. */
  process(samples: Float32Array): void;
}

/** A filter whose gain can be changed while it plays. */
export interface VolumeFilter extends FrameFilter {
  /** The gain asked for, in percent. */
  readonly volumePercent: number;
  /** Changes the gain evenly over `fadeMs`; over one frame at least, because a jump would click. */
  setVolume(volumePercent: number, options?: { readonly fadeMs?: number | undefined }): void;
  /** Sets the gain without a ramp, before anything is heard. */
  reset(volumePercent: number): void;
}

const FRAME_MS = 20;

/** Builds a {@link VolumeFilter}; throws a RangeError outside 0 to 1,000. */
export function createVolumeFilter(volumePercent = 100): VolumeFilter {
  const check = (percent: number): number => {
    if (!(percent >= 0 && percent <= 1000))
      throw new RangeError(`the volume must be from 0 to 1000 percent, not ${percent}`);
    return percent;
  };
  let target = check(volumePercent) / 100;
  let current = target;
  let framesLeft = 1;
  return {
    get isNeutral() {
      return current === 1 && target === 1;
    },
    get volumePercent() {
      return target * 100;
    },
    setVolume(percent, { fadeMs = FRAME_MS } = {}) {
      if (!(fadeMs >= 0 && Number.isFinite(fadeMs))) throw new RangeError(`fadeMs must be 0 or more, not ${fadeMs}`);
      target = check(percent) / 100;
      framesLeft = Math.max(1, Math.ceil(fadeMs / FRAME_MS));
    },
    reset(percent) {
      target = check(percent) / 100;
      current = target;
    },
    process(samples) {
      const next = current + (target - current) / framesLeft;
      const step = ((next - current) * 2) / samples.length;
      for (let index = 0; index < samples.length; index += 2) {
        const gain = current + step * (index / 2 + 1);
        samples[index] = (samples[index] as number) * gain;
        samples[index + 1] = (samples[index + 1] as number) * gain;
      }
      current = framesLeft === 1 ? target : next;
      framesLeft = Math.max(1, framesLeft - 1);
    },
  };
}
