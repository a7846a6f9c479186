import type { AudioTags } from "./audio-decoder.ts";
import { VoiceSourceError } from "./source-error.ts";

/** One Opus frame as a packet of its own. */
export interface OpusFrame {
  readonly packet: Uint8Array;
  /** 2.5, 5, 10, 20, 40 or 60 ms. */
  readonly frameMs: number;
}

/** The Opus frames of a container, in order. */
export interface OpusStream {
  readonly tags: AudioTags;
  /** The length of the whole piece in milliseconds; null when it is not known. */
  readonly durationMs: number | null;
  /** What every sample is to be multiplied by, from the stream's header. */
  readonly gainRatio: number;
  /** The next frame, or null at the end. */
  next(): Promise<OpusFrame | null>;
}

/** What an identification header says. */
export interface OpusHead {
  /** Samples at 48,000 Hz that come before the piece begins. */
  readonly preSkipSamples: number;
  readonly gainRatio: number;
}

/**
 * Reads the identification header that Ogg and Matroska share; `name` is the input's, for errors.
 *
 * @throws VoiceSourceError SOURCE_CORRUPT, SOURCE_UNKNOWN_FORMAT
 * @see RFC 7845, section 5.1
 */
export function parseOpusHead(name: string, packet: Uint8Array): OpusHead {
  const view = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  if (view.length < 19)
    throw new VoiceSourceError("SOURCE_CORRUPT", `${name} is a damaged Opus file: its header is too short.`);
  const channelCount = view.readUInt8(9);
  if (view.readUInt8(18) !== 0) {
    throw new VoiceSourceError(
      "SOURCE_UNKNOWN_FORMAT",
      `${name} is Opus with ${channelCount} channels. Convert it to stereo.`,
    );
  }
  return { preSkipSamples: view.readUInt16LE(10), gainRatio: 10 ** (view.readInt16LE(16) / 256 / 20) };
}
