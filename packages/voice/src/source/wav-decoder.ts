import type { AudioDecoder, AudioTags, DecoderOptions } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import { VoiceSourceError } from "./source-error.ts";

const PCM = 1;
const IEEE_FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** Chunks before the audio that are larger than this are skipped unread. */
const MAXIMUM_CHUNK_BYTES = 64 * 1024;

interface WavLayout {
  readonly encoding: typeof PCM | typeof IEEE_FLOAT;
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly bitsPerSample: number;
  /** One sample of every channel. */
  readonly blockBytes: number;
}

function corrupt(reader: ByteReader, what: string): VoiceSourceError {
  return new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} is a damaged WAV file: ${what}.`);
}

function parseLayout(reader: ByteReader, chunk: Uint8Array): WavLayout {
  if (chunk.length < 16) throw corrupt(reader, "its fmt chunk is too short");
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  const tag = view.getUint16(0, true);
  // The extensible form names the real encoding in the first two bytes of its GUID.
  const encoding = tag === EXTENSIBLE && chunk.length >= 26 ? view.getUint16(24, true) : tag;
  const channelCount = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const bitsPerSample = view.getUint16(14, true);
  const widths = encoding === PCM ? [8, 16, 24, 32] : encoding === IEEE_FLOAT ? [32, 64] : [];
  if (!widths.includes(bitsPerSample)) {
    throw new VoiceSourceError(
      "SOURCE_UNKNOWN_FORMAT",
      `${reader.name} is a WAV file with encoding ${encoding} at ${bitsPerSample} bits. Convert it to PCM of 8, 16, 24 or 32 bits, or to float.`,
    );
  }
  if (channelCount < 1 || channelCount > 8) throw corrupt(reader, `it says that it has ${channelCount} channels`);
  if (sampleRateHz < 1000 || sampleRateHz > 768_000)
    throw corrupt(reader, `it says that it has ${sampleRateHz} samples a second`);
  return {
    encoding: encoding as WavLayout["encoding"],
    channelCount,
    sampleRateHz,
    bitsPerSample,
    blockBytes: channelCount * (bitsPerSample / 8),
  };
}

function parseInfo(chunk: Uint8Array): AudioTags {
  const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  const tags: Record<string, string> = {};
  for (let offset = 4; offset + 8 <= view.length;) {
    const length = view.readUInt32LE(offset + 4);
    const text = view.subarray(offset + 8, offset + 8 + length);
    const end = text.indexOf(0);
    tags[view.toString("latin1", offset, offset + 4)] = text.toString("utf8", 0, end < 0 ? text.length : end).trim();
    offset += 8 + length + (length % 2);
  }
  return { title: tags["INAM"] || undefined, artist: tags["IART"] || undefined };
}

interface WavHeader {
  readonly layout: WavLayout;
  readonly tags: AudioTags;
  /** Infinity when the header does not say: a recording that was piped. */
  readonly dataBytes: number;
}

async function readHeader(reader: ByteReader): Promise<WavHeader> {
  await reader.skip(12);
  let layout: WavLayout | undefined;
  let tags: AudioTags = {};
  for (;;) {
    const header = await reader.take(8);
    if (header.length < 8) throw corrupt(reader, layout === undefined ? "it has no fmt chunk" : "it has no data chunk");
    const id = Buffer.from(header.buffer, header.byteOffset, 4).toString("latin1");
    const length = new DataView(header.buffer, header.byteOffset).getUint32(4, true);
    if (id === "data") {
      if (layout === undefined) throw corrupt(reader, "its audio comes before its fmt chunk");
      return { layout, tags, dataBytes: length === 0 || length === 0xffff_ffff ? Infinity : length };
    }
    if ((id !== "fmt " && id !== "LIST") || length > MAXIMUM_CHUNK_BYTES) {
      await reader.skip(length + (length % 2));
      continue;
    }
    const chunk = await reader.take(length);
    await reader.skip(length % 2);
    if (id === "fmt ") layout = parseLayout(reader, chunk);
    else if (Buffer.from(chunk).toString("latin1", 0, 4) === "INFO") tags = parseInfo(chunk);
  }
}

/** Reads one sample as a number from -1 to 1. */
function sampleReader({ encoding, bitsPerSample }: WavLayout): (view: DataView, offset: number) => number {
  if (encoding === IEEE_FLOAT) {
    return bitsPerSample === 32
      ? (view, offset) => view.getFloat32(offset, true)
      : (view, offset) => view.getFloat64(offset, true);
  }
  switch (bitsPerSample) {
    case 8:
      return (view, offset) => (view.getUint8(offset) - 128) / 128;
    case 16:
      return (view, offset) => view.getInt16(offset, true) / 32_768;
    case 24:
      return (view, offset) => ((view.getInt8(offset + 2) << 16) | view.getUint16(offset, true)) / 8_388_608;
    default:
      return (view, offset) => view.getInt32(offset, true) / 2_147_483_648;
  }
}

/** Opens a RIFF/WAVE stream of PCM or float samples; seeking is exact. @see "Multimedia Programming Interface and Data Specifications 1.0" */
export async function openWavDecoder(reader: ByteReader, options: DecoderOptions): Promise<AudioDecoder> {
  const { layout, tags, dataBytes } = await readHeader(reader);
  const { sampleRateHz, blockBytes, channelCount, bitsPerSample } = layout;
  const restBytes = reader.sizeBytes === null ? Infinity : reader.sizeBytes - reader.offsetBytes;
  const audioBytes = Math.min(dataBytes, restBytes);
  const startBytes = Math.min(Math.round((options.startMs / 1000) * sampleRateHz) * blockBytes, audioBytes);
  await reader.skip(startBytes);

  let leftBytes = audioBytes - startBytes;
  const stepBytes = Math.ceil(sampleRateHz / 50) * blockBytes;
  const readSample = sampleReader(layout);
  return {
    format: "wav",
    tags,
    durationMs: Number.isFinite(audioBytes) ? Math.round((audioBytes / blockBytes / sampleRateHz) * 1000) : null,
    async next() {
      const bytes = await reader.take(Math.min(stepBytes, leftBytes));
      leftBytes -= bytes.length;
      const sampleCount = Math.floor(bytes.length / blockBytes);
      if (sampleCount === 0) return null;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const channels = Array.from({ length: channelCount }, (_, channel) => {
        const samples = new Float32Array(sampleCount);
        let offset = channel * (bitsPerSample / 8);
        for (let index = 0; index < sampleCount; index++, offset += blockBytes)
          samples[index] = readSample(view, offset);
        return samples;
      });
      return { sampleRateHz, channels };
    },
    close() {},
  };
}
