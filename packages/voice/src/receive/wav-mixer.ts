/** Mixes speakers into one WAV file, piece by piece. */
export interface WavMixer {
  /** Adds interleaved samples at a place, in samples per channel from the beginning; gives the bytes that are final by now. */
  add(samples: Int16Array, startSamples: number): Uint8Array;
  /** The bytes that are left. */
  end(): Uint8Array;
  /** The file's header, 44 bytes; its lengths are those of what was given out so far. */
  header(): Uint8Array;
  /** Frames that came after their place was given out. */
  readonly lateFrames: number;
}

/** How long a place stays open for frames of others, in samples per channel: 1 s. */
const WINDOW_SAMPLES = 48_000;
const CHANNELS = 2;
const HEADER_BYTES = 44;
/** Lengths in a WAV file have 32 bits. */
const MAXIMUM_LENGTH = 0xffff_ffff;

/** Builds a mixer: 48,000 Hz, 2 channels, 16 bits; what is too loud together is clipped. */
export function createWavMixer(): WavMixer {
  let open = new Float32Array(0);
  let openFrom = 0;
  let lateFrames = 0;

  const release = (until: number): Uint8Array => {
    const count = Math.max(0, until - openFrom) * CHANNELS;
    if (count === 0) return new Uint8Array(0);
    const cells = new Int16Array(count);
    for (let index = 0; index < count; index++) cells[index] = Math.max(-32_768, Math.min(32_767, open[index] ?? 0));
    open = open.slice(count);
    openFrom = until;
    return new Uint8Array(cells.buffer);
  };
  const reserve = (until: number) => {
    const length = (until - openFrom) * CHANNELS;
    if (length <= open.length) return;
    const grown = new Float32Array(length);
    grown.set(open);
    open = grown;
  };

  return {
    add(samples, startSamples) {
      const end = startSamples + samples.length / CHANNELS;
      if (startSamples < openFrom) {
        lateFrames++;
        return new Uint8Array(0);
      }
      const final = release(Math.max(openFrom, end - WINDOW_SAMPLES));
      reserve(end);
      const offset = (startSamples - openFrom) * CHANNELS;
      for (let index = 0; index < samples.length; index++)
        open[offset + index] = (open[offset + index] ?? 0) + (samples[index] ?? 0);
      return final;
    },
    end: () => release(openFrom + open.length / CHANNELS),
    header() {
      const dataBytes = Math.min(openFrom * CHANNELS * 2, MAXIMUM_LENGTH - HEADER_BYTES);
      const header = Buffer.alloc(HEADER_BYTES);
      header.write("RIFF", 0, "latin1");
      header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
      header.write("WAVEfmt ", 8, "latin1");
      header.writeUInt32LE(16, 16);
      header.writeUInt16LE(1, 20);
      header.writeUInt16LE(CHANNELS, 22);
      header.writeUInt32LE(48_000, 24);
      header.writeUInt32LE(48_000 * CHANNELS * 2, 28);
      header.writeUInt16LE(CHANNELS * 2, 32);
      header.writeUInt16LE(16, 34);
      header.write("data", 36, "latin1");
      header.writeUInt32LE(dataBytes, 40);
      return header;
    },
    get lateFrames() {
      return lateFrames;
    },
  };
}
