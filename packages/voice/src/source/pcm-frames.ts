import type { AudioDecoder } from "./audio-decoder.ts";
import { createFrameCutter } from "./frame-cutter.ts";
import type { FrameEncoder } from "./frame-encoder.ts";
import { createResampler, type Resampler } from "./resampler.ts";
import { mixToStereo } from "./stereo-mix.ts";

/** Gives Opus packets of 20 ms until null. */
export interface PacketReader {
  next(): Promise<Uint8Array | null>;
  /** Frees decoders and encoders; idempotent. */
  close(): void;
}

interface StereoResampler {
  readonly rateHz: number;
  readonly left: Resampler;
  readonly right: Resampler;
}

/** Mixes, resamples, cuts and encodes what a decoder gives, one frame for each call. */
export function createPcmFrames(decoder: AudioDecoder, encoder: FrameEncoder): PacketReader {
  const cutter = createFrameCutter();
  let resampler: StereoResampler | undefined;
  let ended = false;

  const flush = () => {
    if (resampler !== undefined) cutter.push(resampler.left.flush(), resampler.right.flush());
    resampler = undefined;
  };
  /** Decodes one more block; false when there is none. */
  const fill = async (): Promise<boolean> => {
    const block = ended ? null : await decoder.next();
    if (block === null) {
      ended = true;
      flush();
      return false;
    }
    // Streams that change their rate half way exist: radio stations, concatenated files.
    if (resampler?.rateHz !== block.sampleRateHz) {
      flush();
      const rateHz = block.sampleRateHz;
      resampler = { rateHz, left: createResampler(rateHz), right: createResampler(rateHz) };
    }
    const [left, right] = mixToStereo(block);
    cutter.push(resampler.left.push(left), resampler.right.push(right));
    return true;
  };

  return {
    async next() {
      let frame = cutter.take();
      while (frame === undefined && (await fill())) frame = cutter.take();
      frame ??= cutter.take() ?? cutter.takeRest();
      return frame === undefined ? null : encoder.encode(frame);
    },
    close() {
      ended = true;
      decoder.close();
      encoder.close();
    },
  };
}
