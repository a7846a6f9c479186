import type { AudioFormat } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";
import { id3Bytes } from "./id3.ts";
import { findMpegFrame } from "./mpeg-frame.ts";
import { VoiceSourceError } from "./source-error.ts";

const SUPPORTED = "WAV, MP3, FLAC, Ogg/Opus, WebM/Opus or Ogg/Vorbis";
const LOOK_BYTES = 8192;

/** What {@link probeFormat} tells apart: containers, where a format has several. */
export type ProbedFormat = AudioFormat | "webm";

/** Formats that are not read here, by their first bytes. */
interface ForeignFormat {
  readonly pattern: RegExp;
  readonly name: string;
  /** Its short name where it holds audio that ffmpeg can convert. */
  readonly container: string | undefined;
}

const audio = (pattern: RegExp, name: string, container: string): ForeignFormat => ({ pattern, name, container });
const other = (pattern: RegExp, name: string): ForeignFormat => ({ pattern, name, container: undefined });

const FOREIGN: readonly ForeignFormat[] = [
  audio(/^....ftyp/s, "MP4 or M4A", "mp4"),
  audio(/^FORM....AIF[FC]/s, "AIFF", "aiff"),
  other(/^MThd/, "MIDI"),
  audio(/^\xff[\xf0\xf1\xf8\xf9]/, "AAC", "aac"),
  audio(/^#!AMR/, "AMR", "amr"),
  audio(/^0&\xb2u\x8ef/, "Windows Media", "asf"),
  audio(/^caff/, "CAF", "caf"),
  audio(/^wvpk/, "WavPack", "wavpack"),
  audio(/^MAC /, "Monkey's Audio", "ape"),
  audio(/^FLV\x01/, "Flash video", "flv"),
  other(/^RF64/, "RF64"),
  audio(/^RIFF....AVI /s, "AVI", "avi"),
  other(/^#EXTM3U/, "a playlist (M3U)"),
  other(/^\[playlist\]/i, "a playlist (PLS)"),
  other(/^%PDF/, "PDF"),
  other(/^PK\x03\x04/, "a ZIP archive"),
  other(/^\x1f\x8b/, "a gzip archive"),
  other(/^(\x89PNG|\xff\xd8\xff|GIF8)/, "a picture"),
];

/** What a text looks like; undefined where it is none. */
function textKind(text: string): string | undefined {
  const start = text.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^<(!doctype html|html|head|body|!--)/i.test(start)) return "a web page";
  if (/^<\?xml|^<[a-z][\w:-]*[\s>]/i.test(start)) return "an XML document";
  if (/^[[{]\s*("|\{|\[|\]|\}|\d)/.test(start)) return "JSON";
  return undefined;
}

function detect(head: string): ProbedFormat | undefined {
  if (head.startsWith("\x1aE\xdf\xa3")) return "webm";
  if (/^RIFF....WAVE/s.test(head)) return "wav";
  if (head.startsWith("fLaC")) return "flac";
  if (head.startsWith("OggS")) {
    // The first packets stand one behind the other when there are several streams.
    if (head.includes("OpusHead")) return "opus";
    if (head.includes("\x01vorbis")) return "vorbis";
  }
  return undefined;
}

/** Looks behind an ID3 tag that stays where it is: FLAC files have been seen with one. */
async function formatBehindId3(reader: ByteReader, tagBytes: number): Promise<AudioFormat> {
  // A tag with a large picture is not worth holding; nearly every file that has one is MP3.
  if (tagBytes > 1024 * 1024) return "mp3";
  const behind = (await reader.peek(tagBytes + 4)).subarray(tagBytes);
  return Buffer.from(behind).toString("latin1") === "fLaC" ? "flac" : "mp3";
}

function refuse(reader: ByteReader, isRemote: boolean, head: Buffer): VoiceSourceError {
  const text = head.toString("latin1");
  const kind = textKind(text);
  if (kind !== undefined) {
    const who = isRemote ? `The address ${reader.name} answered with ${kind}` : `${reader.name} is ${kind}`;
    return new VoiceSourceError(
      "SOURCE_NOT_AUDIO",
      `${who} instead of audio. Use a direct link to a ${SUPPORTED} file.`,
    );
  }
  const foreign = text.startsWith("OggS")
    ? audio(/^/, "an Ogg file without Opus or Vorbis", "ogg")
    : (FOREIGN.find(({ pattern }) => pattern.test(text)) ?? other(/^/, "of an unknown format"));
  const { name, container } = foreign;
  const message = `${reader.name} is ${name}. Convert it to ${SUPPORTED}.`;
  return new VoiceSourceError("SOURCE_UNKNOWN_FORMAT", message, { details: { container } });
}

/**
 * Tells a stream's format by its first bytes, never by a name or a media type; consumes nothing.
 *
 * @throws VoiceSourceError SOURCE_EMPTY, SOURCE_NOT_AUDIO, SOURCE_UNKNOWN_FORMAT
 */
export async function probeFormat(reader: ByteReader, isRemote: boolean): Promise<ProbedFormat> {
  const head = Buffer.from(await reader.peek(LOOK_BYTES));
  if (head.length === 0) throw new VoiceSourceError("SOURCE_EMPTY", `${reader.name} is empty (0 bytes).`);
  const format = detect(head.toString("latin1"));
  if (format !== undefined) return format;
  const tagBytes = id3Bytes(head);
  if (tagBytes > 0) return formatBehindId3(reader, tagBytes);
  const text = head.toString("latin1");
  const isForeign = textKind(text) !== undefined || FOREIGN.some(({ pattern }) => pattern.test(text));
  if (!isForeign && findMpegFrame(head, head.length < LOOK_BYTES) >= 0) return "mp3";
  throw refuse(reader, isRemote, head);
}
