import { createAudioSource, type AudioSourceInfo, type SeekableAudioSource } from "./audio-source.ts";
import type { AudioFormat, AudioTags } from "./audio-decoder.ts";
import { createByteReader, type ByteReader, type ByteSource } from "./byte-reader.ts";
import { createMemoryBytes, openFileBytes } from "./file-bytes.ts";
import { openFlacDecoder } from "./flac-decoder.ts";
import { createFrameEncoder, type FrameEncoder } from "./frame-encoder.ts";
import { createVolumeFilter } from "./frame-filter.ts";
import { openHttpBytes, type HttpBytes } from "./http-bytes.ts";
import { openMp3Decoder } from "./mp3-decoder.ts";
import { openOggOpus } from "./ogg-opus-reader.ts";
import { createOpusEncoder, type OpusEncoderOptions } from "./opus-codec.ts";
import { createOpusFrames } from "./opus-frames.ts";
import { createPcmFrames, type PacketReader } from "./pcm-frames.ts";
import { probeFormat } from "./probe.ts";
import { VoiceSourceError } from "./source-error.ts";
import { openVorbisDecoder } from "./vorbis-decoder.ts";
import { openWavDecoder } from "./wav-decoder.ts";

/** What is played: a file on disk, an http or https address, or bytes in memory. */
export type SourceInput = { readonly path: string } | { readonly url: string | URL } | { readonly bytes: Uint8Array };

/** Options of {@link openSource}. */
export interface OpenSourceOptions extends OpusEncoderOptions {
  /** Ends opening and every later read with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Where to start, in milliseconds. Defaults to 0. */
  readonly startMs?: number | undefined;
  /** From 0 to 1,000. Defaults to 100, at which Ogg/Opus passes through undecoded. */
  readonly volumePercent?: number | undefined;
  /** How long the volume rises from 0 at the start, in milliseconds. Defaults to 0. */
  readonly fadeInMs?: number | undefined;
  /** How long the volume falls to 0 before the end, in milliseconds, where the length is known. Defaults to 0. */
  readonly fadeOutMs?: number | undefined;
  /** For addresses: how long it may take until the format is known, in milliseconds. Defaults to 15,000. */
  readonly openTimeoutMs?: number | undefined;
  /** For addresses: how long the server may be silent while audio is wanted, in milliseconds. Defaults to 15,000. */
  readonly readTimeoutMs?: number | undefined;
  /** For addresses: how many redirects are followed. Defaults to 5. */
  readonly maximumRedirects?: number | undefined;
  /** For addresses: the largest size that is begun, where the server tells it. Defaults to 1 GiB. */
  readonly maximumBytes?: number | undefined;
  /** For addresses: whether an IP address may be connected to, asked after name resolution. All may by default. */
  readonly isAddressAllowed?: ((ipAddress: string) => boolean) | undefined;
}

interface Opened {
  readonly packets: PacketReader;
  readonly tags: AudioTags;
  readonly durationMs: number | null;
}

const PCM_DECODERS = { wav: openWavDecoder, mp3: openMp3Decoder, flac: openFlacDecoder, vorbis: openVorbisDecoder };

async function openPackets(
  reader: ByteReader,
  format: AudioFormat,
  startMs: number,
  encoder: FrameEncoder,
): Promise<Opened> {
  if (format === "opus") {
    const frames = await openOggOpus(reader, { startMs });
    return { packets: createOpusFrames(frames, encoder), tags: frames.tags, durationMs: frames.durationMs };
  }
  const decoder = await PCM_DECODERS[format](reader, { startMs });
  return { packets: createPcmFrames(decoder, encoder), tags: decoder.tags, durationMs: decoder.durationMs };
}

/** An abort that comes from the caller, or from a deadline while opening: a server may answer, and then send next to nothing. */
function createTransferSignal(signal: AbortSignal | undefined, openTimeoutMs: number) {
  const controller = new AbortController();
  const deadline = setTimeout(() => {
    const text = `The address did not send the beginning of an audio file within ${openTimeoutMs} ms. Try again, or use another address.`;
    controller.abort(new VoiceSourceError("SOURCE_TIMED_OUT", text, { retryable: true }));
  }, openTimeoutMs);
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    endDeadline: () => clearTimeout(deadline),
  };
}

interface ProbedBytes {
  readonly reader: ByteReader;
  readonly format: AudioFormat;
  readonly http: HttpBytes | undefined;
}

async function probe(source: ByteSource, http: HttpBytes | undefined): Promise<ProbedBytes> {
  const reader = createByteReader(source);
  try {
    return { reader, format: await probeFormat(reader, http !== undefined), http };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function openUrl(url: string | URL, options: OpenSourceOptions): Promise<ProbedBytes> {
  const {
    openTimeoutMs = 15_000,
    readTimeoutMs = 15_000,
    maximumRedirects = 5,
    maximumBytes = 1024 ** 3,
    isAddressAllowed,
  } = options;
  const { signal, endDeadline } = createTransferSignal(options.signal, openTimeoutMs);
  try {
    const http = await openHttpBytes(url, {
      signal,
      openTimeoutMs,
      readTimeoutMs,
      maximumRedirects,
      maximumBytes,
      isAddressAllowed,
    });
    return await probe(http, http);
  } finally {
    endDeadline();
  }
}

async function openInput(input: SourceInput, options: OpenSourceOptions): Promise<ProbedBytes> {
  if ("url" in input) return openUrl(input.url, options);
  return probe("path" in input ? await openFileBytes(input.path) : createMemoryBytes(input.bytes), undefined);
}

/**
 * Opens a file, an address or bytes as 20 ms Opus frames. The format is told by its first bytes: WAV (PCM of 8 to 32 bits, float),
 * MP3, FLAC, Ogg/Opus, Ogg/Vorbis. It is read piece by piece as the frames are asked for; each `next` decodes at most one block of
 * the format and encodes one frame.
 *
 * @throws VoiceSourceError with a code that tells what is wrong with the input; RangeError for options out of range; the
 *   signal's reason when it aborts
 */
export async function openSource(input: SourceInput, options: OpenSourceOptions = {}): Promise<SeekableAudioSource> {
  const { signal, startMs = 0, volumePercent = 100, fadeInMs = 0, fadeOutMs = 0 } = options;
  if (!(startMs >= 0 && Number.isFinite(startMs))) throw new RangeError(`startMs must be 0 or more, not ${startMs}`);
  if (!(fadeOutMs >= 0)) throw new RangeError(`fadeOutMs must be 0 or more, not ${fadeOutMs}`);
  const volume = createVolumeFilter(volumePercent);
  if (fadeInMs > 0) {
    volume.reset(0);
    volume.setVolume(volumePercent, { fadeMs: fadeInMs });
  }
  signal?.throwIfAborted();
  const open = async (fromMs: number) => {
    const { reader, format, http } = await openInput(input, options);
    try {
      const encoder = createFrameEncoder([volume], () => createOpusEncoder(options));
      return { reader, format, http, ...(await openPackets(reader, format, fromMs, encoder)) };
    } catch (error) {
      await reader.close();
      throw error;
    }
  };
  const opened = await open(startMs);
  const { format, tags, durationMs, http } = opened;
  const info: AudioSourceInfo = {
    format,
    title: tags.title ?? http?.stationName,
    artist: tags.artist,
    durationMs,
    isLive: durationMs === null && http?.isLive === true,
  };
  return createAudioSource({ info, startMs, fadeOutMs, volume, opened, reopen: open, signal });
}
