import type { ByteReader } from "./byte-reader.ts";
import { createOggPacketReader, type OggPacket } from "./ogg-packets.ts";
import { findLastGranule } from "./ogg-page.ts";
import { splitOpusPacket } from "./opus-packet.ts";
import { parseOpusHead, type OpusFrame, type OpusStream } from "./opus-stream.ts";
import { VoiceSourceError } from "./source-error.ts";
import { parseVorbisComment } from "./vorbis-comment.ts";

const SAMPLES_PER_MS = 48;

function startsWith(bytes: Uint8Array, magic: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, magic.length)).toString("latin1") === magic;
}

/**
 * Opens an Ogg stream of Opus, mono or stereo. A seek drops whole frames and decodes nothing; chained streams, as radio stations
 * send them, follow one another without a gap.
 *
 * @throws VoiceSourceError SOURCE_CORRUPT, SOURCE_UNKNOWN_FORMAT
 */
export async function openOggOpus(reader: ByteReader, options: { readonly startMs: number }): Promise<OpusStream> {
  const packets = createOggPacketReader(reader, (first) => startsWith(first, "OpusHead"));
  const first = await packets.take();
  if (first === undefined)
    throw new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} is a damaged Opus file: it has no header.`);
  const head = parseOpusHead(reader.name, first.bytes);
  const second = await packets.take();
  const tags =
    second !== undefined && startsWith(second.bytes, "OpusTags") ? parseVorbisComment(second.bytes.subarray(8)) : {};
  const lastGranule = await findLastGranule(reader, first.serial);

  let ready: OpusFrame[] = [];
  let skipMs = options.startMs === 0 ? 0 : options.startMs + head.preSkipSamples / SAMPLES_PER_MS;
  const addPacket = ({ bytes }: OggPacket) => {
    const frames = splitOpusPacket(bytes);
    if (frames === undefined) return;
    for (const packet of frames.packets) {
      if (skipMs >= frames.frameMs) skipMs -= frames.frameMs;
      else {
        skipMs = 0;
        ready.push({ packet, frameMs: frames.frameMs });
      }
    }
  };
  return {
    tags,
    durationMs:
      lastGranule === undefined ? null : Math.max(0, Math.round((lastGranule - head.preSkipSamples) / SAMPLES_PER_MS)),
    gainRatio: head.gainRatio,
    async next() {
      while (ready.length === 0) {
        const packet = await packets.take();
        if (packet === undefined) return null;
        // A chained stream brings its own headers; its gain is taken to be the first one's.
        if (!startsWith(packet.bytes, "OpusHead") && !startsWith(packet.bytes, "OpusTags")) addPacket(packet);
      }
      const [frame = null] = ready;
      ready = ready.slice(1);
      return frame;
    },
  };
}
