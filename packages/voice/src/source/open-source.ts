import { createAudioSource, type AudioSourceInfo, type SeekableAudioSource } from "./audio-source.ts";
import type { AudioTags } from "./audio-decoder.ts";
import { createByteReader, type ByteReader, type ByteSource } from "./byte-reader.ts";
import { createMemoryBytes, openFileBytes } from "./file-bytes.ts";
import { openFlacDecoder } from "./flac-decoder.ts";
import { openFfmpegBytes } from "./ffmpeg-bytes.ts";
import { createFrameEncoder, type FrameEncoder } from "./frame-encoder.ts";
import { createVolumeFilter } from "./frame-filter.ts";
import { openHttpBytes, type HttpBytes } from "./http-bytes.ts";
import { openMp3Decoder } from "./mp3-decoder.ts";
import { openOggOpus } from "./ogg-opus-reader.ts";
import type { OpusCodec, OpusEncoderOptions } from "./opus-codec.ts";
import { createOpusEncoder } from "./create-opus-codec.ts";
import { createOpusFrames } from "./opus-frames.ts";
import { createPcmFrames, type PacketReader } from "./pcm-frames.ts";
import { probeFormat, type ProbedFormat } from "./probe.ts";
import { VoiceSourceError } from "./source-error.ts";
import { openVorbisDecoder } from "./vorbis-decoder.ts";
import { openWavDecoder } from "./wav-decoder.ts";
import { openWebmOpus } from "./webm-opus-reader.ts";

/** What is played: a file on disk, an http or https address, or bytes in memory. */
export type SourceInput = { readonly path: string } | { readonly url: string | URL } | { readonly bytes: Uint8Array };

/** Options of {@link openSource}. */
export interface OpenSourceOptions extends OpusEncoderOptions {
  /** Ends opening and every later read with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Where to start, in milliseconds. Defaults to 0. */
  readonly startMs?: number | undefined;
  /** From 0 to 1,000. Defaults to 100, at which Opus passes through undecoded. */
  readonly volumePercent?: number | undefined;
  /** How long the volume rises from 0 at the start, in milliseconds. Defaults to 0. */
  readonly fadeInMs?: number | undefined;
  /** How long the volume falls to 0 before the end, in milliseconds, where the length is known. Defaults to 0. */
  readonly fadeOutMs?: number | undefined;
  /** For addresses: how long it may take until the format is known, in milliseconds. Defaults to 15,000. */
  readonly openTimeoutMs?: number | undefined;
  /** Where the encoder comes from. Defaults to the process's: `@evan/opus` when it is installed. */
  readonly codec?: OpusCodec | undefined;
  /** The program that converts what is not read here, or null for none. Defaults to `ffmpeg`, looked up in PATH. */
  readonly ffmpeg?: string | null | undefined;
  /** For addresses and ffmpeg: how long either may be silent while audio is wanted, in milliseconds. Defaults to 15,000. */
  readonly readTimeoutMs?: number | undefined;
  /** For addresses: how many redirects are followed. Defaults to 5. */
  readonly maximumRedirects?: number | undefined;
  /** For addresses: the largest size that is begun, or read where the server tells none and is no radio station. Defaults to 1 GiB. */
  readonly maximumBytes?: number | undefined;
  /** For addresses: whether an IP address may be connected to, asked after name resolution. All may by default. */
  readonly isAddressAllowed?: ((ipAddress: string) => boolean) | undefined;
  /** For radio stations: told each title that they announce, about a second before it is heard. */
  readonly onStreamTitle?: ((title: string) => void) | undefined;
}

interface Opened {
  readonly packets: PacketReader;
  readonly tags: AudioTags;
  readonly durationMs: number | null;
}

const PCM_DECODERS = { wav: openWavDecoder, mp3: openMp3Decoder, flac: openFlacDecoder, vorbis: openVorbisDecoder };
const CONTAINERS = { wav: "wav", mp3: "mp3", flac: "flac", opus: "ogg", vorbis: "ogg", webm: "webm" };
const OPUS_READERS = { opus: openOggOpus, webm: openWebmOpus };

async function openPackets({ reader, format }: ProbedBytes, startMs: number, encoder: FrameEncoder): Promise<Opened> {
  if (format === "opus" || format === "webm") {
    const frames = await OPUS_READERS[format](reader, { startMs });
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

interface RawBytes {
  readonly source: ByteSource;
  readonly http: HttpBytes | undefined;
}

interface ProbedBytes {
  readonly reader: ByteReader;
  readonly format: ProbedFormat;
  readonly http: HttpBytes | undefined;
}

/** What is being read: an input, and what is made of it. */
interface OpenedInput extends ProbedBytes, Opened {
  readonly isConverted: boolean;
  readonly container: string;
}

async function probe({ source, http }: RawBytes): Promise<ProbedBytes> {
  const reader = createByteReader(source);
  try {
    return { reader, format: await probeFormat(reader, http !== undefined), http };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function openHttp(url: string | URL, options: OpenSourceOptions, signal: AbortSignal): Promise<HttpBytes> {
  const {
    openTimeoutMs = 15_000,
    readTimeoutMs = 15_000,
    maximumRedirects = 5,
    maximumBytes = 1024 ** 3,
    isAddressAllowed,
    onStreamTitle,
  } = options;
  const limits = { openTimeoutMs, readTimeoutMs, maximumRedirects, maximumBytes };
  return openHttpBytes(url, { ...limits, signal, isAddressAllowed, onStreamTitle });
}

/** Opens an input and does something with its beginning, which for an address must not take for ever. */
async function withBytes<T>(
  input: SourceInput,
  options: OpenSourceOptions,
  use: (bytes: RawBytes) => Promise<T>,
): Promise<T> {
  if ("path" in input) return use({ source: await openFileBytes(input.path), http: undefined });
  if ("bytes" in input) return use({ source: createMemoryBytes(input.bytes), http: undefined });
  const { signal, endDeadline } = createTransferSignal(options.signal, options.openTimeoutMs ?? 15_000);
  try {
    const http = await openHttp(input.url, options, signal);
    return await use({ source: http, http });
  } finally {
    endDeadline();
  }
}

/** Opens the packets of what was probed; closes it when that fails. */
async function openProbed(probed: ProbedBytes, startMs: number, createEncoder: () => FrameEncoder): Promise<Opened> {
  try {
    return await openPackets(probed, startMs, createEncoder());
  } catch (error) {
    await probed.reader.close();
    throw error;
  }
}

/** Opens an input through ffmpeg, which makes a WAV file of it; `refusal` says what it is. */
async function openConverted(
  input: SourceInput,
  options: OpenSourceOptions & { readonly ffmpeg: string },
  refusal: VoiceSourceError,
  open: (probed: ProbedBytes) => Promise<Opened>,
): Promise<Omit<OpenedInput, "container">> {
  const { ffmpeg: command, readTimeoutMs = 15_000, signal } = options;
  // Without the advice at its end.
  const name = refusal.message.replace(/\. Convert it to .*$/s, "");
  return withBytes(input, options, async ({ source, http }) => {
    const isFile = "path" in input;
    // ffmpeg reads files itself, because some formats keep their table of contents at the end.
    if (isFile) await source.close();
    const ffmpegInput = isFile ? { path: input.path } : { bytes: source };
    const bytes = await openFfmpegBytes(ffmpegInput, { command, name, readTimeoutMs, signal }).catch(
      async (error: unknown) => {
        await source.close();
        throw error;
      },
    );
    const probed: ProbedBytes = { reader: createByteReader(bytes), format: "wav", http };
    const opened = await open(probed);
    return { ...probed, ...opened, durationMs: bytes.durationMs, isConverted: true };
  });
}

async function openInput(
  input: SourceInput,
  options: OpenSourceOptions,
  startMs: number,
  createEncoder: () => FrameEncoder,
): Promise<OpenedInput> {
  const open = (probed: ProbedBytes) => openProbed(probed, startMs, createEncoder);
  try {
    const probed = await withBytes(input, options, probe);
    return { ...probed, ...(await open(probed)), container: CONTAINERS[probed.format], isConverted: false };
  } catch (error) {
    const { ffmpeg = "ffmpeg" } = options;
    const container = error instanceof VoiceSourceError ? error.details["container"] : undefined;
    if (!(error instanceof VoiceSourceError) || typeof container !== "string" || ffmpeg === null) throw error;
    return { ...(await openConverted(input, { ...options, ffmpeg }, error, open)), container };
  }
}

/**
 * Opens a file, an address or bytes as 20 ms Opus frames. The format is told by its first bytes: WAV (PCM of 8 to 32 bits, float),
 * MP3, FLAC, Ogg/Opus, WebM/Opus, Ogg/Vorbis; ffmpeg, where it is installed, converts other audio and the sound of videos. It is read piece by piece as the frames are asked for; each `next` decodes at most one block of
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
  const createEncoder = () =>
    createFrameEncoder([volume], () => options.codec?.createEncoder(options) ?? createOpusEncoder(options));
  const open = (fromMs: number) => openInput(input, options, fromMs, createEncoder);
  const opened = await open(startMs);
  const { format, container, tags, durationMs, http, isConverted } = opened;
  const info: AudioSourceInfo = {
    format: format === "webm" ? "opus" : format,
    container,
    isConverted,
    title: tags.title ?? http?.stationName,
    artist: tags.artist,
    durationMs,
    isLive: durationMs === null && http?.isLive === true,
  };
  return createAudioSource({ info, startMs, fadeOutMs, volume, opened, reopen: open, signal });
}
