import type { AudioTags } from "./audio-decoder.ts";

/** Reads title and artist of a Vorbis comment block, as FLAC, Vorbis and Opus carry it; damaged ones give what could be read. */
export function parseVorbisComment(block: Uint8Array): AudioTags {
  const view = Buffer.from(block.buffer, block.byteOffset, block.length);
  const found: Record<string, string> = {};
  const vendorBytes = view.length >= 4 ? view.readUInt32LE(0) : 0;
  let offset = 4 + vendorBytes;
  if (offset + 4 > view.length) return {};
  const count = view.readUInt32LE(offset);
  offset += 4;
  for (let index = 0; index < count && offset + 4 <= view.length; index++) {
    const length = view.readUInt32LE(offset);
    const entry = view.subarray(offset + 4, offset + 4 + length);
    const separator = entry.indexOf("=");
    if (separator > 0)
      found[entry.toString("latin1", 0, separator).toUpperCase()] ??= entry.toString("utf8", separator + 1).trim();
    offset += 4 + length;
  }
  return { title: found["TITLE"] || undefined, artist: found["ARTIST"] || undefined };
}
