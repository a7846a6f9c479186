/** What the audio is: `audio` for music, `voip` for speech, `lowDelay` where milliseconds count more than quality. */
export type OpusApplication = "audio" | "voip" | "lowDelay";

/** Options of `createOpusEncoder`. */
export interface OpusEncoderOptions {
  /** Bits per second, 6,000 to 510,000. Defaults to 128,000. */
  readonly bitrateBps?: number | undefined;
  /** Defaults to `audio`. */
  readonly application?: OpusApplication | undefined;
  /** From 0 (least work) to 10 (best). Defaults to 10; 5 is good for speech. */
  readonly complexity?: number | undefined;
}

/** Encodes 20 ms at a time: 48,000 Hz, 2 channels, 960 samples a frame. */
export interface OpusEncoder {
  /** Encodes interleaved s16le, 3,840 bytes, and gives a packet of its own memory. */
  encode(pcm: Uint8Array): Uint8Array;
  /** Frees the encoder's memory; idempotent. Not freeing one leaks until the process ends. */
  delete(): void;
}

/** Decodes packets of up to 60 ms to 48,000 Hz, 2 channels. */
export interface OpusDecoder {
  /** Decodes one packet to interleaved s16le of its own memory; throws an Error for a malformed packet. */
  decode(packet: Uint8Array): Uint8Array;
  /** Frees the decoder's memory; idempotent. */
  delete(): void;
}

/** Where encoders and decoders come from: the port through which another Opus library can be used. */
export interface OpusCodec {
  createEncoder(options?: OpusEncoderOptions): OpusEncoder;
  createDecoder(): OpusDecoder;
}
