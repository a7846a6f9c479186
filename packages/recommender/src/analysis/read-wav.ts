import { invalidAudio, type PcmAudio } from "./pcm-audio.ts";

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

interface WavFormat {
  readonly code: number;
  readonly channelCount: number;
  readonly sampleRateHz: number;
  readonly bits: number;
}

/** Reads one sample at an offset as a number from -1 to 1. */
type SampleReader = (view: DataView, offset: number) => number;

const readers: Readonly<Record<string, SampleReader>> = {
  [`${PCM} 8`]: (view, offset) => (view.getUint8(offset) - 128) / 2 ** 7,
  [`${PCM} 16`]: (view, offset) => view.getInt16(offset, true) / 2 ** 15,
  [`${PCM} 24`]: (view, offset) => (view.getInt8(offset + 2) * 2 ** 16 + view.getUint16(offset, true)) / 2 ** 23,
  [`${PCM} 32`]: (view, offset) => view.getInt32(offset, true) / 2 ** 31,
  [`${FLOAT} 32`]: (view, offset) => view.getFloat32(offset, true),
  [`${FLOAT} 64`]: (view, offset) => view.getFloat64(offset, true),
};

/**
 * Reads a WAV file: integers of 8 to 32 bits, or floats of 32 or 64. A file that was cut is read as far as it goes.
 *
 * @throws RecommenderError RECOMMENDER_AUDIO_INVALID
 * @see "Multimedia Programming Interface and Data Specifications 1.0", IBM and Microsoft
 */
export function readWav(bytes: Uint8Array): PcmAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tagAt(view, 0) !== "RIFF" || tagAt(view, 8) !== "WAVE")
    throw invalidAudio("it is no WAV file");
  let format: WavFormat | undefined;
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const size = view.getUint32(offset + 4, true);
    const begin = offset + 8;
    const end = Math.min(bytes.length, begin + size);
    const tag = tagAt(view, offset);
    if (tag === "fmt ") format = readFormat(view, begin, end);
    if (tag === "data") {
      if (format === undefined) throw invalidAudio("its data come before their format");
      return readSamples(view, begin, end, format);
    }
    // Chunks begin at even offsets.
    offset = begin + size + (size % 2);
  }
  throw invalidAudio("it has no data");
}

function tagAt(view: DataView, offset: number): string {
  return String.fromCodePoint(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

function readFormat(view: DataView, begin: number, end: number): WavFormat {
  if (end - begin < 16) throw invalidAudio("its format is cut");
  const code = view.getUint16(begin, true);
  // The extensible format keeps the real code at the beginning of an id.
  const isExtensible = code === EXTENSIBLE && end - begin >= 26;
  return {
    code: isExtensible ? view.getUint16(begin + 24, true) : code,
    channelCount: view.getUint16(begin + 2, true),
    sampleRateHz: view.getUint32(begin + 4, true),
    bits: view.getUint16(begin + 14, true),
  };
}

function readSamples(view: DataView, begin: number, end: number, format: WavFormat): PcmAudio {
  const { code, bits, channelCount, sampleRateHz } = format;
  const read = readers[`${code} ${bits}`];
  if (read === undefined) throw invalidAudio(`its format ${code} with ${bits} bits is not known`);
  if (channelCount === 0) throw invalidAudio("it has no channels");
  const sampleBytes = bits / 8;
  const frameCount = Math.floor((end - begin) / (sampleBytes * channelCount));
  const channels = Array.from({ length: channelCount }, (_, channel) =>
    Float32Array.from({ length: frameCount }, (__, frame) =>
      read(view, begin + (frame * channelCount + channel) * sampleBytes),
    ),
  );
  return { sampleRateHz, channels };
}
