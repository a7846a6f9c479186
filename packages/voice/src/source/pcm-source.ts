import type { AudioDecoder } from "./audio-decoder.ts";
import { createFrameEncoder } from "./frame-encoder.ts";
import { createVolumeFilter } from "./frame-filter.ts";
import type { OpusCodec, OpusEncoderOptions } from "./opus-codec.ts";
import { createOpusEncoder } from "./create-opus-codec.ts";
import { createPcmFrames } from "./pcm-frames.ts";
import type { FrameSource } from "../frame-source.ts";

/** Options of {@link createPcmSource}. */
export interface PcmSourceOptions extends OpusEncoderOptions {
  /** Samples per second and channel, 1,000 to 768,000. Defaults to 48,000. */
  readonly sampleRateHz?: number | undefined;
  /** 1 or 2. Defaults to 2. */
  readonly channelCount?: 1 | 2 | undefined;
  /** Where the encoder comes from. Defaults to the process's: `@evan/opus` when it is installed. */
  readonly codec?: OpusCodec | undefined;
  /** From 0 to 1,000. Defaults to 100. */
  readonly volumePercent?: number | undefined;
}

/** Sampled audio as Opus frames. */
export interface PcmSource extends FrameSource, AsyncDisposable {
  /** Changes the volume from the next frame on, evenly over `fadeMs` (20 by default); throws a RangeError outside 0 to 1,000. */
  setVolume(volumePercent: number, options?: { readonly fadeMs?: number | undefined }): void;
  /** Ends the stream and frees the encoder; idempotent. */
  close(): Promise<void>;
}

const BYTES_PER_SAMPLE = 2;

/** Samples of interleaved s16le, one array per channel; `bytes` holds whole samples of all channels. */
function separate(bytes: Uint8Array, channelCount: number): Float32Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blockBytes = BYTES_PER_SAMPLE * channelCount;
  const count = bytes.length / blockBytes;
  return Array.from({ length: channelCount }, (_, channel) => {
    // A loop, because a callback for each sample costs as much as half the encoding does.
    const samples = new Float32Array(count);
    for (let index = 0, at = channel * BYTES_PER_SAMPLE; index < count; index++, at += blockBytes)
      samples[index] = view.getInt16(at, true) / 32_768;
    return samples;
  });
}

/** Decodes a stream of s16le whose pieces may end anywhere. */
function createS16Decoder(
  pcm: AsyncIterable<Uint8Array>,
  sampleRateHz: number,
  channelCount: number,
): AudioDecoder & { release(): Promise<void> } {
  const pieces = pcm[Symbol.asyncIterator]();
  const blockBytes = BYTES_PER_SAMPLE * channelCount;
  /** At most 100 ms are decoded at once. */
  const stepBytes = Math.ceil(sampleRateHz / 10) * blockBytes;
  let held: Uint8Array = new Uint8Array(0);
  return {
    format: "wav",
    tags: {},
    durationMs: null,
    async next() {
      while (held.length < blockBytes) {
        const { done, value } = await pieces.next();
        // Half a sample at the end is none.
        if (done === true) return null;
        held = held.length === 0 ? value : Buffer.concat([held, value]);
      }
      const usableBytes = Math.min(stepBytes, held.length - (held.length % blockBytes));
      const channels = separate(held.subarray(0, usableBytes), channelCount);
      held = held.subarray(usableBytes);
      return { sampleRateHz, channels };
    },
    close() {},
    async release() {
      await pieces.return?.();
    },
  };
}

/**
 * Encodes sampled audio, such as speech that is being synthesized: interleaved s16le in pieces of any size, read no faster than it is
 * played. It cannot seek.
 *
 * @throws RangeError for options out of range
 */
export function createPcmSource(pcm: AsyncIterable<Uint8Array>, options: PcmSourceOptions = {}): PcmSource {
  const { sampleRateHz = 48_000, channelCount = 2, volumePercent = 100 } = options;
  if (!(Number.isInteger(sampleRateHz) && sampleRateHz >= 1_000 && sampleRateHz <= 768_000))
    throw new RangeError(`createPcmSource: sampleRateHz must be from 1000 to 768000, not ${sampleRateHz}`);
  const volume = createVolumeFilter(volumePercent);
  const decoder = createS16Decoder(pcm, sampleRateHz, channelCount);
  const frames = createPcmFrames(
    decoder,
    createFrameEncoder([volume], () => options.codec?.createEncoder(options) ?? createOpusEncoder(options)),
  );
  let closing: Promise<void> | undefined;
  const shutDown = () => {
    frames.close();
    return decoder.release();
  };
  const close = () => (closing ??= shutDown());
  return {
    frameMs: 20,
    next: () => (closing === undefined ? frames.next() : Promise.resolve(null)),
    setVolume: volume.setVolume,
    close,
    [Symbol.asyncDispose]: close,
  };
}
