import { describe, expect, test } from "vitest";
import { fixture } from "./__fixtures__/chirp.ts";
import { createByteReader, type ByteSource } from "./byte-reader.ts";
import { takeFlacFrame } from "./flac-frame.ts";
import { takeOggPage } from "./ogg-page.ts";

/** Gives its bytes in pieces of one size, in order only. */
function trickle(bytes: Uint8Array, pieceBytes: number): ByteSource {
  let offset = 0;
  return {
    name: "a trickle",
    sizeBytes: null,
    read() {
      const piece = bytes.subarray(offset, offset + pieceBytes);
      offset += piece.length;
      return Promise.resolve(piece.length === 0 ? null : piece);
    },
    close: () => Promise.resolve(),
  };
}

const numbers = Uint8Array.from({ length: 100 }, (_, index) => index);

test.each([1, 2, 3, 7, 64, 100])("pieces of %i bytes read the same", async (pieceBytes) => {
  const reader = createByteReader(trickle(numbers, pieceBytes));
  expect([...(await reader.peek(5))]).toEqual([0, 1, 2, 3, 4]);
  expect([...(await reader.take(3))]).toEqual([0, 1, 2]);
  await reader.skip(40);
  expect(reader.offsetBytes).toBe(43);
  expect((await reader.take(10))[0]).toBe(43);
  expect((await reader.peek(1000)).length).toBe(47);
  await reader.skip(1000);
  expect((await reader.take(1)).length).toBe(0);
  expect(reader.offsetBytes).toBe(100);
  expect(() => reader.seek(0)).toThrow(/only be read in order/);
});

describe("framing does not depend on how the bytes arrive", () => {
  async function sizes(name: string, pieceBytes: number): Promise<number[]> {
    const reader = createByteReader(trickle(fixture(name), pieceBytes));
    if (name.endsWith("flac")) await reader.skip(fixture(name).indexOf(Buffer.from([0xff, 0xf8])));
    const found: number[] = [];
    for (;;) {
      const next = name.endsWith("flac") ? await takeFlacFrame(reader) : await takeOggPage(reader);
      if (next === undefined) return found;
      found.push(next.bytes.length);
    }
  }

  test.each(["chirp.flac", "chirp.ogg", "chirp.opus"])("%s", async (name) => {
    const whole = await sizes(name, 1_000_000);
    expect(whole.length).toBeGreaterThan(2);
    for (const pieceBytes of [1, 13, 997]) expect(await sizes(name, pieceBytes)).toEqual(whole);
  });
});
