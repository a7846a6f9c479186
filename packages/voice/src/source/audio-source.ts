import { abortReason } from "@antiphon/std";
import type { FrameSource } from "../frame-source.ts";
import type { AudioFormat, AudioTags } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { VolumeFilter } from "./frame-filter.ts";
import type { PacketReader } from "./pcm-frames.ts";
import { VoiceSourceError } from "./source-error.ts";

/** What is known about a source. */
export interface AudioSourceInfo extends AudioTags {
  /** What is decoded here; `wav` for what ffmpeg converts. */
  readonly format: AudioFormat;
  /** What it lies in, also when it is converted: `wav`, `mp3`, `flac`, `ogg`, `webm`, `mp4`, `aac`, … */
  readonly container: string;
  /** Whether ffmpeg converts it. */
  readonly isConverted?: boolean | undefined;
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
  /** Changes the volume from the next frame on, evenly over `fadeMs` (20 by default); throws a RangeError outside 0 to 1,000. */
  setVolume(volumePercent: number, options?: { readonly fadeMs?: number | undefined }): void;
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

/** An {@link AudioSource} that can go on at another place. */
export interface SeekableAudioSource extends AudioSource {
  /**
   * Goes on at another place, in milliseconds; the input is opened anew for it. Do not call it while `next` is under way.
   *
   * @throws VoiceSourceError SOURCE_NOT_SEEKABLE for endless streams, and what opening throws; RangeError below 0
   */
  seek(positionMs: number): Promise<void>;
}

/** An input that is being read. */
export interface OpenedAudio {
  readonly packets: PacketReader;
  readonly reader: ByteReader;
}

/** What an {@link AudioSource} is put together from. */
export interface AudioSourceParts {
  readonly info: AudioSourceInfo;
  readonly startMs: number;
  /** How long before the end the volume begins to fall to 0, in milliseconds. */
  readonly fadeOutMs: number;
  readonly volume: VolumeFilter;
  readonly opened: OpenedAudio;
  /** Opens the input anew. */
  readonly reopen: (startMs: number) => Promise<OpenedAudio>;
  readonly signal: AbortSignal | undefined;
}

const FRAME_MS = 20;

/** Puts an {@link AudioSource} together. */
export function createAudioSource(parts: AudioSourceParts): SeekableAudioSource {
  const { info, fadeOutMs, volume, reopen, signal } = parts;
  let { opened } = parts;
  let positionMs = parts.startMs;
  let hadAudio = false;
  let volumePercent = volume.volumePercent;
  let fadingOut = false;
  let closing: Promise<void> | undefined;

  const release = ({ packets, reader }: OpenedAudio) => {
    packets.close();
    return reader.close();
  };
  const close = () => (closing ??= release(opened));
  const fadeAtEnd = () => {
    if (fadingOut || fadeOutMs === 0 || info.durationMs === null || positionMs < info.durationMs - fadeOutMs) return;
    fadingOut = true;
    volume.setVolume(0, { fadeMs: fadeOutMs });
  };
  return {
    frameMs: FRAME_MS,
    info,
    get positionMs() {
      return positionMs;
    },
    get volumePercent() {
      return volumePercent;
    },
    setVolume(percent, options) {
      volume.setVolume(percent, options);
      volumePercent = percent;
    },
    async next() {
      if (signal?.aborted === true) throw abortReason(signal);
      if (closing !== undefined) return null;
      fadeAtEnd();
      const packet = await opened.packets.next().catch((error: unknown) => {
        // Whoever closes a source while it waits for the network does not want to hear that the connection ended.
        if (closing !== undefined) return null;
        throw error;
      });
      if (closing !== undefined) return null;
      if (packet === null && !hadAudio && positionMs === 0) {
        throw new VoiceSourceError(
          "SOURCE_CORRUPT",
          `${opened.reader.name} has the header of an audio file, but no audio that can be decoded.`,
        );
      }
      if (packet === null) return null;
      hadAudio = true;
      positionMs += FRAME_MS;
      return packet;
    },
    async seek(toMs) {
      if (!(toMs >= 0 && Number.isFinite(toMs)))
        throw new RangeError(`seek: the position must be 0 or more, not ${toMs}`);
      if (info.isLive) {
        const text = `seek: ${opened.reader.name} is an endless stream, which has only the present.`;
        throw new VoiceSourceError("SOURCE_NOT_SEEKABLE", text);
      }
      if (closing !== undefined) return;
      const next = await reopen(toMs);
      const before = opened;
      opened = next;
      positionMs = toMs;
      if (fadingOut) volume.reset(volumePercent);
      fadingOut = false;
      // Closed while it was being opened: the one before is closed already.
      await release(closing === undefined ? before : next);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
