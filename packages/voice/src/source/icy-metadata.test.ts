import fc from "fast-check";
import { expect, test } from "vitest";
import { createIcyFilter } from "./icy-metadata.ts";

/** A station's stream: audio, with a block of metadata after every so many bytes of it. */
function streamOf(audio: Uint8Array, intervalBytes: number, blocks: readonly (string | Buffer)[]): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0, index = 0; at < audio.length; at += intervalBytes, index++) {
    const part = audio.subarray(at, at + intervalBytes);
    parts.push(part);
    if (part.length < intervalBytes) break;
    const block = Buffer.from(blocks[index] ?? "");
    const padded = Buffer.alloc(Math.ceil(block.length / 16) * 16);
    block.copy(padded);
    parts.push(Buffer.of(padded.length / 16), padded);
  }
  return Buffer.concat(parts);
}

function filtered(stream: Buffer, intervalBytes: number, pieceBytes: number) {
  const titles: string[] = [];
  const filter = createIcyFilter(intervalBytes, (title) => titles.push(title));
  const audio: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += pieceBytes) {
    audio.push(Buffer.from(filter.audioOf(stream.subarray(at, at + pieceBytes))));
  }
  return { audio: Buffer.concat(audio), titles };
}

const audio = Uint8Array.from({ length: 100 }, (_, index) => index);

test("whatever the pieces are, the audio is whole and each title told once", () => {
  const blocks = [
    "StreamTitle='Ann - Don't; stop';StreamUrl='';",
    "",
    "StreamTitle='Ann - Don't; stop';",
    "StreamTitle='B';",
  ];
  const stream = streamOf(audio, 16, blocks);
  for (let pieceBytes = 1; pieceBytes <= stream.length; pieceBytes++) {
    expect(filtered(stream, 16, pieceBytes)).toEqual({ audio: Buffer.from(audio), titles: ["Ann - Don't; stop", "B"] });
  }
});

test("titles of old stations are Latin-1, and what is no title tells nothing", () => {
  const blocks = [
    Buffer.from("StreamTitle='Caf\u00e9';", "latin1"),
    "StreamTitle='';",
    "StreamUrl='x';",
    "nonsense",
    "StreamTitle='日本';",
  ];
  expect(filtered(streamOf(audio, 16, blocks), 16, 7)).toEqual({
    audio: Buffer.from(audio),
    titles: ["Caf\u00e9", "日本"],
  });
});

test("any bytes give their audio, and never fail", () => {
  const part = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(part, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 60 }), (bytes, interval, piece) => {
      expect(filtered(Buffer.from(bytes), interval, piece).audio.length).toBeLessThanOrEqual(bytes.length);
    }),
    { seed: 5 },
  );
});
