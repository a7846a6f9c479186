import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { dropSamples, type AudioDecoder, type AudioTags, type DecoderOptions } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import { takeFlacFrame, type FlacFrame } from "./flac-frame.ts";
import { takeId3 } from "./id3.ts";
import { VoiceSourceError } from "./source-error.ts";
import { parseVorbisComment } from "./vorbis-comment.ts";

const STREAM_INFO = 0;
const VORBIS_COMMENT = 4;
const MAXIMUM_COMMENT_BYTES = 256 * 1024;

interface FlacMetadata {
  /** `fLaC` and the stream information alone, which the decoder needs before the first frame. */
  readonly head: Uint8Array;
  readonly maximumBlockSamples: number;
  readonly sampleRateHz: number;
  /** 0 when the encoder did not know. */
  readonly totalSamples: number;
  readonly tags: AudioTags;
}

/** @see RFC 9639, section 8 */
async function readMetadata(reader: ByteReader): Promise<FlacMetadata> {
  const corrupt = (what: string) =>
    new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} is a damaged FLAC file: ${what}.`);
  await reader.skip(4);
  let info: Buffer | undefined;
  let tags: AudioTags = {};
  for (let last = false; !last;) {
    const header = await reader.take(4);
    if (header.length < 4) throw corrupt("it ends within its metadata");
    last = ((header[0] ?? 0) & 0x80) !== 0;
    const type = (header[0] ?? 0) & 0x7f;
    const length = Buffer.from(header).readUIntBE(1, 3);
    if (type === STREAM_INFO && length === 34) info = Buffer.from(await reader.take(length));
    else if (type === VORBIS_COMMENT && length <= MAXIMUM_COMMENT_BYTES)
      tags = parseVorbisComment(await reader.take(length));
    else await reader.skip(length);
  }
  if (info === undefined || info.length < 34) throw corrupt("it has no stream information");
  const sampleRateHz = info.readUIntBE(10, 3) >> 4;
  if (sampleRateHz < 1000) throw corrupt(`it says that it has ${sampleRateHz} samples a second`);
  return {
    head: Buffer.concat([Buffer.from("fLaC\x80\0\0\x22", "latin1"), info]),
    maximumBlockSamples: info.readUInt16BE(2),
    sampleRateHz,
    totalSamples: (info.readUInt8(13) & 15) * 2 ** 32 + info.readUInt32BE(14),
    tags,
  };
}

/**
 * Opens a FLAC stream. Frames are cut here and checked, so that the decoder never sees a damaged one; a seek skips frames undecoded
 * and is exact.
 *
 * @throws VoiceSourceError SOURCE_CORRUPT
 */
export async function openFlacDecoder(reader: ByteReader, options: DecoderOptions): Promise<AudioDecoder> {
  const id3 = await takeId3(reader);
  const { head, maximumBlockSamples, sampleRateHz, totalSamples, tags } = await readMetadata(reader);
  const startSamples = Math.round((options.startMs / 1000) * sampleRateHz);
  const firstSample = ({ header }: FlacFrame) =>
    header.variableBlockSize ? header.number : header.number * maximumBlockSamples;

  let pending: FlacFrame | undefined;
  let dropLeft = 0;
  if (startSamples > 0) {
    do pending = await takeFlacFrame(reader);
    while (pending !== undefined && firstSample(pending) + pending.header.sampleCount <= startSamples);
    if (pending !== undefined) dropLeft = Math.max(0, startSamples - firstSample(pending));
  }

  const decoder = new FLACDecoder();
  await decoder.ready;
  await decoder.decodeFrames([head]);
  let closed = false;
  // The decoder must not be freed while it begins anew.
  let busy: Promise<void> = Promise.resolve();
  let nextSample: number | undefined;
  /** Begins anew behind a gap: the decoder would announce a missing frame on the console. */
  const bridgeGap = async (frame: FlacFrame) => {
    const hasGap = nextSample !== undefined && firstSample(frame) !== nextSample;
    nextSample = firstSample(frame) + frame.header.sampleCount;
    if (!hasGap) return;
    busy = decoder.reset();
    await busy;
    if (!closed) await decoder.decodeFrames([head]);
  };
  return {
    format: "flac",
    tags: { title: tags.title ?? id3.title, artist: tags.artist ?? id3.artist },
    durationMs: totalSamples === 0 ? null : Math.round((totalSamples / sampleRateHz) * 1000),
    async next() {
      for (;;) {
        const frame = pending ?? (await takeFlacFrame(reader));
        pending = undefined;
        if (frame === undefined || closed) return null;
        await bridgeGap(frame);
        if (closed) return null;
        const { channelData, samplesDecoded } = await decoder.decodeFrames([frame.bytes]);
        const dropped = Math.min(dropLeft, samplesDecoded);
        dropLeft -= dropped;
        if (samplesDecoded > dropped) return dropSamples({ sampleRateHz, channels: channelData }, dropped);
      }
    },
    close() {
      if (closed) return;
      closed = true;
      void busy.then(() => decoder.free());
    },
  };
}
