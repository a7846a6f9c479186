/** The formats that {@link openSource} plays. */
export type AudioFormat = "wav" | "mp3" | "flac" | "opus" | "vorbis";

/** Decoded audio: one array per channel, in WAV's channel order, samples from -1 to 1. */
export interface PcmBlock {
  /** Samples per second and channel. */
  readonly sampleRateHz: number;
  /** One array per channel, all of one length. */
  readonly channels: readonly Float32Array[];
}

/** What a file says about itself. */
export interface AudioTags {
  readonly title?: string | undefined;
  readonly artist?: string | undefined;
}

/** A format's reader: opened at its first audio, it gives decoded blocks in order. */
export interface AudioDecoder {
  readonly format: AudioFormat;
  readonly tags: AudioTags;
  /** The length of the whole piece in milliseconds, not of what is left; null when it is not known. */
  readonly durationMs: number | null;
  /** The next block (at most some 100 ms, so that decoding it never holds up the thread), or null at the end. */
  next(): Promise<PcmBlock | null>;
  /** Frees the decoder's memory; idempotent. */
  close(): void;
}

/** Where in the piece to start. */
export interface DecoderOptions {
  /** Milliseconds from the beginning. */
  readonly startMs: number;
}

/** Drops the first `samples` samples of each channel of a block. */
export function dropSamples(block: PcmBlock, samples: number): PcmBlock {
  return { sampleRateHz: block.sampleRateHz, channels: block.channels.map((channel) => channel.subarray(samples)) };
}
