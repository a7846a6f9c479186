import { MPEGDecoder } from "mpg123-decoder";
import { dropSamples, type AudioDecoder, type DecoderOptions } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import { takeId3 } from "./id3.ts";
import { findMpegFrame, parseMpegFrameHeader, type MpegFrameHeader } from "./mpeg-frame.ts";
import { VoiceSourceError } from "./source-error.ts";

/** How much is searched at once for the next frame; little at first, so that a radio station is heard without delay. */
const SEARCH_BYTES = [2048, 4096, 16 * 1024];
/** More than a frame takes: one that starts so near the end of what was searched is found in what comes next. */
const MAXIMUM_FRAME_BYTES = 4096;
/** How much in a row may hold no frame before the stream counts as over. */
const MAXIMUM_GARBAGE_BYTES = 1024 * 1024;
/** Frames decoded ahead of a seek's target, because layer III borrows bits from the frames before. */
const PREROLL_FRAMES = 10;
/** What a layer III decoder lags behind its input, in samples. */
const DECODER_DELAY_SAMPLES = 529;

interface MpegFrame {
  readonly header: MpegFrameHeader;
  readonly bytes: Uint8Array;
}

/** Steps over what is no frame; gives how many bytes that were, or undefined when there is no frame up to the end. */
async function skipToFrame(reader: ByteReader): Promise<number | undefined> {
  let searchedBytes = 0;
  for (const lookBytes of SEARCH_BYTES) {
    const ahead = await reader.peek(lookBytes);
    const atEnd = ahead.length < lookBytes;
    const found = findMpegFrame(ahead, atEnd);
    if (found >= 0) {
      await reader.skip(found);
      return found;
    }
    if (atEnd) return undefined;
    searchedBytes = lookBytes - MAXIMUM_FRAME_BYTES;
  }
  await reader.skip(searchedBytes);
  return searchedBytes;
}

/** Consumes the next complete frame; undefined at the end. */
async function takeFrame(reader: ByteReader): Promise<MpegFrame | undefined> {
  for (let garbageBytes = 0; garbageBytes < MAXIMUM_GARBAGE_BYTES;) {
    const header = parseMpegFrameHeader(await reader.peek(4), 0);
    if (header !== undefined) {
      const bytes = await reader.take(header.frameBytes);
      return bytes.length === header.frameBytes ? { header, bytes } : undefined;
    }
    const skippedBytes = await skipToFrame(reader);
    if (skippedBytes === undefined) return undefined;
    garbageBytes += skippedBytes;
  }
  return undefined;
}

interface XingHeader {
  /** Frames after this one; undefined when the header does not say. */
  readonly frameCount: number | undefined;
  /** Silence that the encoder put in front, in samples. */
  readonly delaySamples: number;
  /** Silence that the encoder put behind. */
  readonly paddingSamples: number;
}

/** Reads the information frame that encoders put first. @see Gabriel Bouvigne, "MP3 info tag specification" */
function parseXing({ header, bytes }: MpegFrame): XingHeader | undefined {
  const view = Buffer.from(
    bytes.buffer,
    bytes.byteOffset + header.xingOffsetBytes,
    Math.max(0, bytes.length - header.xingOffsetBytes),
  );
  const magic = view.toString("latin1", 0, 4);
  if ((magic !== "Xing" && magic !== "Info") || view.length < 8) return undefined;
  const flags = view.readUInt32BE(4);
  const frameCount = (flags & 1) !== 0 && view.length >= 12 ? view.readUInt32BE(8) : undefined;
  const lameOffset =
    8 +
    ((flags & 1) !== 0 ? 4 : 0) +
    ((flags & 2) !== 0 ? 4 : 0) +
    ((flags & 4) !== 0 ? 100 : 0) +
    ((flags & 8) !== 0 ? 4 : 0);
  const hasLame =
    /^(LAME|Lav[cf])/.test(view.toString("latin1", lameOffset, lameOffset + 4)) && view.length >= lameOffset + 24;
  const gaps = hasLame ? view.readUIntBE(lameOffset + 21, 3) : 0;
  return { frameCount, delaySamples: gaps >> 12, paddingSamples: gaps & 0xfff };
}

function durationMs(
  reader: ByteReader,
  audioOffsetBytes: number,
  { header }: MpegFrame,
  xing: XingHeader | undefined,
): number | null {
  if (xing?.frameCount !== undefined) {
    const samples = xing.frameCount * header.sampleCount - xing.delaySamples - xing.paddingSamples;
    return Math.round((Math.max(0, samples) / header.sampleRateHz) * 1000);
  }
  // Without an information frame the file is of one bit rate, or the estimate is off.
  return reader.sizeBytes === null
    ? null
    : Math.round(((reader.sizeBytes - audioOffsetBytes) * 8000) / header.bitrateBps);
}

/**
 * Opens an MPEG audio stream (layer II or III). Frames are cut here, so that the decoder never sees anything else; a seek skips
 * frames by their headers and decodes the last few before its target.
 *
 * @throws VoiceSourceError SOURCE_CORRUPT when there is no frame
 */
export async function openMp3Decoder(reader: ByteReader, options: DecoderOptions): Promise<AudioDecoder> {
  const tags = await takeId3(reader);
  const audioOffsetBytes = reader.offsetBytes;
  const first = await takeFrame(reader);
  if (first === undefined) throw new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} holds no MPEG audio frame.`);
  const xing = parseXing(first);
  const { sampleCount, sampleRateHz } = first.header;

  let pending: MpegFrame | undefined = first;
  let dropLeft = 0;
  if (options.startMs > 0) {
    const gapSamples = xing === undefined || xing.delaySamples === 0 ? 0 : xing.delaySamples + DECODER_DELAY_SAMPLES;
    const startSamples = Math.round((options.startMs / 1000) * sampleRateHz) + gapSamples;
    let skipFrames = Math.max(0, Math.floor(startSamples / sampleCount) - PREROLL_FRAMES);
    dropLeft = startSamples - skipFrames * sampleCount;
    if (xing !== undefined) pending = await takeFrame(reader);
    for (; skipFrames > 0 && pending !== undefined; skipFrames--) pending = await takeFrame(reader);
  }

  // With the information frame the decoder cuts the encoder's silence; after a seek it would cut the wrong samples.
  const decoder = new MPEGDecoder({ enableGapless: options.startMs === 0 });
  await decoder.ready;
  let closed = false;
  return {
    format: "mp3",
    tags,
    durationMs: durationMs(reader, audioOffsetBytes, first, xing),
    async next() {
      for (;;) {
        const frame = pending ?? (await takeFrame(reader));
        pending = undefined;
        if (frame === undefined || closed) return null;
        const { channelData, samplesDecoded, sampleRate } = decoder.decodeFrame(frame.bytes);
        const dropped = Math.min(dropLeft, samplesDecoded);
        dropLeft -= dropped;
        if (samplesDecoded > dropped) return dropSamples({ sampleRateHz: sampleRate, channels: channelData }, dropped);
      }
    },
    close() {
      if (closed) return;
      closed = true;
      decoder.free();
    },
  };
}
