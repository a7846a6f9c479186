import { abortReason } from "@antiphon/std";
import type { FrameSource } from "../frame-source.ts";
import type { AudioFormat, AudioTags } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { VolumeFilter } from "./frame-filter.ts";
import type { PacketReader } from "./pcm-frames.ts";
import { VoiceSourceError } from "./source-error.ts";

/** What is known about a source. */
export interface AudioSourceInfo extends AudioTags {
  readonly format: AudioFormat;
  /** The length of the whole piece in milliseconds; null when it is not known. */
  readonly durationMs: number | null;
  /** Whether it is an endless stream, such as a radio station. */
  readonly isLive: boolean;
}

/** Audio from a file or an address as Opus frames. */
export interface AudioSource extends FrameSource, AsyncDisposable {
  readonly info: AudioSourceInfo;
  /** Where in the piece the next frame starts, in milliseconds. */
  readonly positionMs: number;
  /** The volume in percent. */
  readonly volumePercent: number;
  /** Changes the volume from the next frame on; throws a RangeError outside 0 to 1,000. */
  setVolume(volumePercent: number): void;
  /**
   * The next frame, or null at the end and after `close`.
   *
   * @throws VoiceSourceError SOURCE_CORRUPT when there is no audio at all; SOURCE_UNREADABLE, SOURCE_TIMED_OUT or
   *   SOURCE_UNREACHABLE when reading fails on the way; the signal's reason when it aborts
   */
  next(): Promise<Uint8Array | null>;
  /** Frees file, connection and codecs; idempotent. */
  close(): Promise<void>;
}

/** What an {@link AudioSource} is put together from. */
export interface AudioSourceParts {
  readonly info: AudioSourceInfo;
  readonly startMs: number;
  readonly volume: VolumeFilter;
  readonly packets: PacketReader;
  readonly reader: ByteReader;
  readonly signal: AbortSignal | undefined;
}

const FRAME_MS = 20;

/** Puts an {@link AudioSource} together. */
export function createAudioSource({ info, startMs, volume, packets, reader, signal }: AudioSourceParts): AudioSource {
  let frameCount = 0;
  let closing: Promise<void> | undefined;
  const close = () => {
    if (closing === undefined) {
      packets.close();
      closing = reader.close();
    }
    return closing;
  };
  return {
    frameMs: FRAME_MS,
    info,
    get positionMs() {
      return startMs + frameCount * FRAME_MS;
    },
    get volumePercent() {
      return volume.volumePercent;
    },
    setVolume: (percent) => volume.setVolume(percent),
    async next() {
      if (signal?.aborted === true) throw abortReason(signal);
      if (closing !== undefined) return null;
      const packet = await packets.next().catch((error: unknown) => {
        // Whoever closes a source while it waits for the network does not want to hear that the connection ended.
        if (closing !== undefined) return null;
        throw error;
      });
      if (closing !== undefined) return null;
      if (packet === null && frameCount === 0 && startMs === 0) {
        throw new VoiceSourceError(
          "SOURCE_CORRUPT",
          `${reader.name} has the header of an audio file, but no audio that can be decoded.`,
        );
      }
      if (packet !== null) frameCount++;
      return packet;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
