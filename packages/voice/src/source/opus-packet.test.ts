import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitOpusPacket } from "./opus-packet.ts";

/** Fullband CELT of 20 ms, stereo: configuration 31. */
const TOC = (31 << 3) | 4;
const split = (...bytes: number[]) => splitOpusPacket(Uint8Array.from(bytes));
const single = (...bytes: number[]) => Uint8Array.of(TOC, ...bytes);

describe("the four codes of RFC 6716", () => {
  test("one frame", () => {
    expect(split(TOC, 1, 2, 3)).toEqual({ frameMs: 20, packets: [single(1, 2, 3)] });
  });

  test("two of one size", () => {
    expect(split(TOC | 1, 1, 2, 3, 4)).toEqual({ frameMs: 20, packets: [single(1, 2), single(3, 4)] });
    expect(split(TOC | 1, 1, 2, 3)).toBeUndefined();
  });

  test("two of different sizes", () => {
    expect(split(TOC | 2, 1, 9, 7, 8)).toEqual({ frameMs: 20, packets: [single(9), single(7, 8)] });
    expect(split(TOC | 2, 5, 9)).toBeUndefined();
  });

  test("a number of one size, with padding", () => {
    expect(split(TOC | 3, 3, 1, 2, 3)).toEqual({ frameMs: 20, packets: [single(1), single(2), single(3)] });
    expect(split(TOC | 3, 0x40 | 2, 2, 1, 2, 0, 0)).toEqual({ frameMs: 20, packets: [single(1), single(2)] });
    expect(split(TOC | 3, 2, 1, 2, 3)).toBeUndefined();
    expect(split(TOC | 3, 0)).toBeUndefined();
  });

  test("a number of different sizes, one of them coded in two bytes", () => {
    const long = Array.from({ length: 253 }, () => 5);
    expect(split(TOC | 3, 0x80 | 3, 253, 0, 1, ...long, 6, 7)).toEqual({
      frameMs: 20,
      packets: [single(...long), single(6), single(7)],
    });
  });
});

test.each([
  [0, 10],
  [3, 60],
  [12, 10],
  [15, 20],
  [16, 2.5],
  [31, 20],
])("configuration %i lasts %d ms", (configuration, frameMs) => {
  expect(split(configuration << 3, 0)?.frameMs).toBe(frameMs);
});

test("any bytes are split or refused, and never beyond their end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const frames = splitOpusPacket(bytes);
      if (frames === undefined) return;
      const total = frames.packets.reduce((sum, packet) => sum + packet.length - 1, 0);
      expect(total).toBeLessThanOrEqual(bytes.length - 1);
    }),
    { seed: 3 },
  );
});
