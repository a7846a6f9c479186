import type { AudioTags } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import { childrenOf, floatOf, takeElement, textOf, unsignedOf } from "./ebml.ts";
import { parseBlock } from "./matroska-block.ts";
import { splitOpusPacket } from "./opus-packet.ts";
import { parseOpusHead, type OpusFrame, type OpusHead, type OpusStream } from "./opus-stream.ts";
import { VoiceSourceError } from "./source-error.ts";

/** Elements, by the numbers of RFC 9559, section 5. */
const EBML_HEADER = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const SEGMENT_TITLE = 0x7ba9;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_NUMBER = 0xd7;
const CODEC_ID = 0x86;
const CODEC_PRIVATE = 0x63a2;
const CONTENT_ENCODINGS = 0x6d80;
const TAGS = 0x1254c367;
const TAG = 0x7373;
const SIMPLE_TAG = 0x67c8;
const TAG_NAME = 0x45a3;
const TAG_STRING = 0x4487;
const CLUSTER = 0x1f43b675;
const CLUSTER_TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;

const CLUSTER_BYTES = Buffer.of(0x1f, 0x43, 0xb6, 0x75);
/** Those whose content is read as if it stood beside them, so that a size that nobody knows does no harm. */
const ENTERED: ReadonlySet<number> = new Set([SEGMENT, CLUSTER, BLOCK_GROUP]);
/** What is held in memory of one element; more is no header, and no block of audio. */
const MAXIMUM_HELD_BYTES = 1024 * 1024;
const RESYNC_BYTES = 64 * 1024;
const DEFAULT_SCALE_NS = 1_000_000;

interface OpusTrack extends OpusHead {
  readonly number: number;
}

interface Headers {
  scaleNs: number;
  duration: number | null;
  tags: AudioTags;
  track: OpusTrack | null;
  hasTracks: boolean;
}

function parseInfo(content: Uint8Array, headers: Headers): void {
  for (const { id, content: value } of childrenOf(content)) {
    if (id === TIMESTAMP_SCALE) headers.scaleNs = unsignedOf(value) || DEFAULT_SCALE_NS;
    else if (id === DURATION) headers.duration = floatOf(value);
    else if (id === SEGMENT_TITLE) headers.tags = { title: textOf(value), ...headers.tags };
  }
}

function parseTracks(name: string, content: Uint8Array, headers: Headers): void {
  headers.hasTracks = true;
  for (const { id, content: entry } of childrenOf(content)) {
    if (id !== TRACK_ENTRY || headers.track !== null) continue;
    const fields = new Map(Array.from(childrenOf(entry), (field) => [field.id, field.content]));
    const codec = textOf(fields.get(CODEC_ID) ?? new Uint8Array(0));
    // Compressed or encrypted tracks exist in the specification, and next to nowhere else.
    if (codec !== "A_OPUS" || fields.has(CONTENT_ENCODINGS)) continue;
    const head = parseOpusHead(name, fields.get(CODEC_PRIVATE) ?? new Uint8Array(0));
    headers.track = { number: unsignedOf(fields.get(TRACK_NUMBER) ?? new Uint8Array(0)), ...head };
  }
}

function parseTags(content: Uint8Array, headers: Headers): void {
  for (const tag of childrenOf(content)) {
    if (tag.id !== TAG) continue;
    for (const simple of childrenOf(tag.content)) {
      if (simple.id !== SIMPLE_TAG) continue;
      const fields = new Map(Array.from(childrenOf(simple.content), (field) => [field.id, textOf(field.content)]));
      const value = fields.get(TAG_STRING);
      const key = fields.get(TAG_NAME)?.toLowerCase();
      if (value !== undefined && (key === "title" || key === "artist"))
        headers.tags = { ...headers.tags, [key]: value };
    }
  }
}

/** Goes on at the next cluster after damage; false when there is none. */
async function resynchronize(reader: ByteReader): Promise<boolean> {
  for (;;) {
    const held = await reader.peek(RESYNC_BYTES);
    const at = Buffer.from(held.buffer, held.byteOffset, held.length).indexOf(CLUSTER_BYTES, 1);
    if (at > 0) {
      await reader.skip(at);
      return true;
    }
    if (held.length < RESYNC_BYTES) return false;
    await reader.skip(held.length - CLUSTER_BYTES.length);
  }
}

/** Reads up to the first cluster. */
async function readHeaders(reader: ByteReader): Promise<Headers> {
  const headers: Headers = { scaleNs: DEFAULT_SCALE_NS, duration: null, tags: {}, track: null, hasTracks: false };
  for (;;) {
    const element = await takeElement(reader);
    if (element === undefined || element.id === CLUSTER) return headers;
    if (ENTERED.has(element.id)) continue;
    const { id, sizeBytes } = element;
    if (sizeBytes === null) return headers;
    const isWanted = id === INFO || id === TRACKS || id === TAGS;
    if (!isWanted || sizeBytes > MAXIMUM_HELD_BYTES) {
      await reader.skip(sizeBytes);
      continue;
    }
    const content = await reader.take(sizeBytes);
    if (id === INFO) parseInfo(content, headers);
    else if (id === TRACKS) parseTracks(reader.name, content, headers);
    else parseTags(content, headers);
  }
}

/**
 * Opens the first Opus track of a WebM or Matroska file or stream; other tracks are passed over. A seek drops whole frames and decodes
 * nothing; a damaged stretch is left out up to the next cluster.
 *
 * @throws VoiceSourceError SOURCE_CORRUPT; SOURCE_UNKNOWN_FORMAT when no track is Opus
 * @see RFC 9559 (Matroska), RFC 8794 (EBML)
 */
export async function openWebmOpus(reader: ByteReader, options: { readonly startMs: number }): Promise<OpusStream> {
  const first = await takeElement(reader);
  if (first?.id !== EBML_HEADER || first.sizeBytes === null || first.sizeBytes > MAXIMUM_HELD_BYTES)
    throw new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} is a damaged WebM file: its header is broken.`);
  await reader.skip(first.sizeBytes);
  const headers = await readHeaders(reader);
  const { track, scaleNs, duration, tags } = headers;
  if (track === null) {
    if (!headers.hasTracks)
      throw new VoiceSourceError("SOURCE_CORRUPT", `${reader.name} is a damaged WebM file: it has no list of tracks.`);
    const text = `${reader.name} is Matroska or WebM without an Opus track. Convert it to Opus.`;
    throw new VoiceSourceError("SOURCE_UNKNOWN_FORMAT", text, { details: { container: "webm" } });
  }
  const scaleMs = scaleNs / 1e6;
  let clusterTime = 0;
  let ready: OpusFrame[] = [];

  const addBlock = (content: Uint8Array) => {
    const block = parseBlock(content);
    if (block?.track !== track.number) return;
    let atMs = (clusterTime + block.timestamp) * scaleMs;
    for (const bytes of block.frames) {
      const split = splitOpusPacket(bytes);
      if (split === undefined) continue;
      for (const packet of split.packets) {
        if (atMs + split.frameMs > options.startMs) ready.push({ packet, frameMs: split.frameMs });
        atMs += split.frameMs;
      }
    }
  };
  /** Reads one element; false at the end. */
  const advance = async (): Promise<boolean> => {
    const element = await takeElement(reader);
    if (element === undefined) return resynchronize(reader);
    const { id, sizeBytes } = element;
    if (ENTERED.has(id)) return true;
    if (sizeBytes === null) return resynchronize(reader);
    if (id === CLUSTER_TIMESTAMP && sizeBytes <= 8) clusterTime = unsignedOf(await reader.take(sizeBytes));
    else if ((id === SIMPLE_BLOCK || id === BLOCK) && sizeBytes <= MAXIMUM_HELD_BYTES)
      addBlock(await reader.take(sizeBytes));
    else await reader.skip(sizeBytes);
    return true;
  };

  const durationMs = duration === null ? Number.NaN : Math.round(duration * scaleMs);
  return {
    tags,
    durationMs: durationMs >= 0 && Number.isFinite(durationMs) ? durationMs : null,
    gainRatio: track.gainRatio,
    async next() {
      while (ready.length === 0) if (!(await advance())) return null;
      const [frame = null] = ready;
      ready = ready.slice(1);
      return frame;
    },
  };
}
