import { OggVorbisDecoder } from "@wasm-audio-decoders/ogg-vorbis";
import { dropSamples, type AudioDecoder, type AudioTags, type DecoderOptions, type PcmBlock } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import { findLastGranule, takeOggPage, type OggPage } from "./ogg-page.ts";
import { VoiceSourceError } from "./source-error.ts";
import { parseVorbisComment } from "./vorbis-comment.ts";

/** Where each channel of WAV's order stands in Vorbis's, by channel count. @see Vorbis I specification, section 4.3.9 */
const WAV_ORDER: Readonly<Record<number, readonly number[]>> = {
  3: [0, 2, 1],
  5: [0, 2, 1, 3, 4],
  6: [0, 2, 1, 5, 3, 4],
  7: [0, 2, 1, 6, 5, 3, 4],
  8: [0, 2, 1, 7, 5, 6, 3, 4],
};
/** The three headers can span many pages when the comment holds a picture. */
const MAXIMUM_HEADER_PAGES = 256;

interface VorbisHeaders {
  readonly pages: readonly OggPage[];
  readonly serial: number;
  readonly sampleRateHz: number;
  readonly tags: AudioTags;
}

const isVorbisStart = (page: OggPage) =>
  page.isFirst && Buffer.from(page.pieces[0] ?? []).toString("latin1", 0, 7) === "\x01vorbis";

/** Reads pages until the first one that carries audio, which is where the granule position leaves 0. */
async function readHeaders(reader: ByteReader): Promise<VorbisHeaders> {
  const corrupt = () =>
    new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} is a damaged Vorbis file: its headers are incomplete.`);
  let page = await takeOggPage(reader);
  while (page !== undefined && !isVorbisStart(page)) page = await takeOggPage(reader);
  if (page === undefined) throw corrupt();
  const { serial } = page;
  const identification = Buffer.from(page.pieces[0] ?? []);
  if (identification.length < 30) throw corrupt();
  const pages = [page];
  const body: Uint8Array[] = [];
  // Comment and setup end with the page on which the second packet after the first page ends (section A.2).
  for (let ended = 0; ended < 2;) {
    page = await takeOggPage(reader);
    if (page === undefined || pages.length > MAXIMUM_HEADER_PAGES) throw corrupt();
    if (page.serial !== serial) continue;
    pages.push(page);
    body.push(...page.pieces);
    ended += page.pieces.length - (page.endsOpen ? 1 : 0);
  }
  return {
    pages,
    serial,
    sampleRateHz: identification.readUInt32LE(12),
    tags: parseVorbisComment(Buffer.concat(body).subarray(7)),
  };
}

function toWavOrder(channels: readonly Float32Array[]): readonly Float32Array[] {
  const order = WAV_ORDER[channels.length];
  return order === undefined ? channels : order.map((index) => channels[index] ?? new Float32Array(0));
}

/**
 * Opens an Ogg stream of Vorbis. Only pages whose checksum is right reach the decoder; a seek skips pages undecoded and is exact to
 * one packet (some 20 ms).
 *
 * @throws VoiceSourceError SOURCE_CORRUPT
 */
export async function openVorbisDecoder(reader: ByteReader, options: DecoderOptions): Promise<AudioDecoder> {
  const headers = await readHeaders(reader);
  const { serial, sampleRateHz } = headers;
  const lastGranule = await findLastGranule(reader, serial);
  const startSamples = Math.round((options.startMs / 1000) * sampleRateHz);

  let pending: OggPage | undefined;
  let dropLeft = 0;
  if (startSamples > 0) {
    let before = 0;
    for (;;) {
      pending = await takeOggPage(reader);
      if (pending === undefined || (pending.serial === serial && pending.granule > startSamples)) break;
      if (pending.serial === serial && pending.granule >= 0) before = pending.granule;
    }
    dropLeft = startSamples - before;
  }

  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  for (const page of headers.pages) await decoder.decode(page.bytes);
  let closed = false;
  let ended = false;
  // The decoder must not be freed while it begins anew, as it does for a new stream and after its last page.
  let busy: Promise<unknown> = Promise.resolve();

  const decodePage = async (page: OggPage | undefined): Promise<PcmBlock> => {
    // A radio station starts a new stream for each track.
    if (page !== undefined && isVorbisStart(page)) await decoder.reset();
    const { channelData, sampleRate } = page === undefined ? await decoder.flush() : await decoder.decode(page.bytes);
    return { sampleRateHz: sampleRate || sampleRateHz, channels: toWavOrder(channelData) };
  };
  return {
    format: "vorbis",
    tags: headers.tags,
    durationMs: lastGranule === undefined ? null : Math.round((lastGranule / sampleRateHz) * 1000),
    async next() {
      while (!ended) {
        const page = pending ?? (await takeOggPage(reader));
        pending = undefined;
        ended = page === undefined;
        if (closed) return null;
        const decoding = decodePage(page);
        busy = decoding.catch(() => {});
        const block = await decoding;
        const sampleCount = block.channels[0]?.length ?? 0;
        const dropped = Math.min(dropLeft, sampleCount);
        dropLeft -= dropped;
        if (sampleCount > dropped) return dropSamples(block, dropped);
      }
      return null;
    },
    close() {
      if (closed) return;
      closed = true;
      void busy.then(() => decoder.free());
    },
  };
}
