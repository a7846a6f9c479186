/** How many samples per channel a 20 ms frame has at 48,000 Hz. */
const FRAME_SAMPLES = 960;

/** Cuts two streams of samples into frames. */
export interface FrameCutter {
  /** Adds samples of the left and right channel, the same number of each. */
  push(left: Float32Array, right: Float32Array): void;
  /** A whole frame of interleaved samples, or undefined when there are too few. */
  take(): Float32Array | undefined;
  /** The last, incomplete frame filled up with silence, or undefined when nothing is left. */
  takeRest(): Float32Array | undefined;
  /** How many samples per channel wait. */
  readonly heldSamples: number;
}

/** Builds a {@link FrameCutter}. */
export function createFrameCutter(): FrameCutter {
  const blocks: { readonly left: Float32Array; readonly right: Float32Array }[] = [];
  let offset = 0;
  let heldSamples = 0;

  const cut = (): Float32Array => {
    const frame = new Float32Array(FRAME_SAMPLES * 2);
    for (let filled = 0; filled < FRAME_SAMPLES;) {
      const block = blocks[0];
      if (block === undefined) break;
      const count = Math.min(FRAME_SAMPLES - filled, block.left.length - offset);
      for (let index = 0; index < count; index++) {
        frame[(filled + index) * 2] = block.left[offset + index] as number;
        frame[(filled + index) * 2 + 1] = block.right[offset + index] as number;
      }
      filled += count;
      offset += count;
      heldSamples -= count;
      if (offset === block.left.length) {
        blocks.shift();
        offset = 0;
      }
    }
    return frame;
  };
  return {
    push(left, right) {
      if (left.length === 0) return;
      blocks.push({ left, right });
      heldSamples += left.length;
    },
    take: () => (heldSamples >= FRAME_SAMPLES ? cut() : undefined),
    takeRest: () => (heldSamples > 0 ? cut() : undefined),
    get heldSamples() {
      return heldSamples;
    },
  };
}

/** Interleaved samples from -1 to 1 as s16le; what lies outside is clipped. */
export function toS16le(samples: Float32Array): Uint8Array {
  const cells = new Int16Array(samples.length);
  for (let index = 0; index < samples.length; index++) {
    const value = Math.round((samples[index] as number) * 32_768);
    cells[index] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
  }
  return new Uint8Array(cells.buffer);
}

/** Interleaved s16le of two channels as samples from -1 to 1, apart. */
export function fromS16le(bytes: Uint8Array): readonly [left: Float32Array, right: Float32Array] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length / 4;
  const left = new Float32Array(count);
  const right = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    left[index] = view.getInt16(index * 4, true) / 32_768;
    right[index] = view.getInt16(index * 4 + 2, true) / 32_768;
  }
  return [left, right];
}
