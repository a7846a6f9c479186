import type { AudioTags } from "./audio-decoder.ts";
import type { ByteReader } from "./byte-reader.ts";

/** Tags are read from the first part only; pictures lie behind it or are skipped. */
const MAXIMUM_TAG_BYTES = 256 * 1024;

function synchsafe(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let index = 0; index < 4; index++) value = (value << 7) | ((bytes[offset + index] ?? 0) & 0x7f);
  return value;
}

function decodeText(bytes: Uint8Array): string {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + 1, Math.max(0, bytes.length - 1));
  const swapped = () => Buffer.from(body.subarray(0, body.length & ~1)).swap16();
  const text = (() => {
    switch (bytes[0]) {
      case 0:
        return body.toString("latin1");
      case 1:
        return body[0] === 0xfe && body[1] === 0xff ? swapped().toString("utf16le") : body.toString("utf16le");
      case 2:
        return swapped().toString("utf16le");
      default:
        return body.toString("utf8");
    }
  })();
  // Several values are separated by NUL; the first is the one to show.
  return (text.replace(/^\uFEFF/, "").split("\0")[0] ?? "").trim();
}

/** How long an ID3v2 tag is, header included, or 0 where there is none. */
export function id3Bytes(head: Uint8Array): number {
  if (head.length < 10 || head[0] !== 0x49 || head[1] !== 0x44 || head[2] !== 0x33) return 0;
  const footerBytes = ((head[5] ?? 0) & 0x10) === 0 ? 0 : 10;
  return 10 + synchsafe(head, 6) + footerBytes;
}

/** Reads title and artist of an ID3v2.2, 2.3 or 2.4 tag. @see id3.org, "ID3 tag version 2.4.0" */
function parseId3(tag: Uint8Array): AudioTags {
  const version = tag[3] ?? 0;
  const [idLength, headerLength] = version === 2 ? [3, 6] : [4, 10];
  const found: Record<string, string> = {};
  let offset = 10;
  if (version > 2 && ((tag[5] ?? 0) & 0x40) !== 0)
    offset += version === 4 ? synchsafe(tag, 10) : 4 + Buffer.from(tag).readUInt32BE(10);
  while (offset + headerLength <= tag.length && tag[offset] !== 0) {
    const view = Buffer.from(tag.buffer, tag.byteOffset + offset, headerLength);
    const id = view.toString("latin1", 0, idLength);
    const length = version === 2 ? view.readUIntBE(3, 3) : version === 4 ? synchsafe(view, 4) : view.readUInt32BE(4);
    const body = tag.subarray(offset + headerLength, offset + headerLength + length);
    if (id.startsWith("T") && body.length > 1) found[id] = decodeText(body);
    offset += headerLength + length;
  }
  return {
    title: (found["TIT2"] ?? found["TT2"]) || undefined,
    artist: (found["TPE1"] ?? found["TP1"]) || undefined,
  };
}

/** Consumes the ID3v2 tags at the reader's position, however many, and gives what the first said. */
export async function takeId3(reader: ByteReader): Promise<AudioTags> {
  let tags: AudioTags | undefined;
  for (let length = id3Bytes(await reader.peek(10)); length > 0; length = id3Bytes(await reader.peek(10))) {
    const readBytes = Math.min(length, MAXIMUM_TAG_BYTES);
    const head = await reader.take(readBytes);
    tags ??= parseId3(head);
    await reader.skip(length - readBytes);
  }
  return tags ?? {};
}
