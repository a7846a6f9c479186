import { describe, expect, test } from "vitest";
import { chirp, likeness } from "./__fixtures__/chirp.ts";
import { fromS16le, toS16le } from "./frame-cutter.ts";
import type { OpusEncoder } from "./opus-codec.ts";
import { createOpusCodec, createOpusEncoder } from "./create-opus-codec.ts";

const FRAME_BYTES = 3840;
const [left, right] = chirp(400);
const pcm = toS16le(
  Float32Array.from({ length: left.length * 2 }, (_, index) => (index % 2 === 0 ? left : right)[index >> 1] as number),
);
const frames = Array.from({ length: pcm.length / FRAME_BYTES }, (_, index) =>
  pcm.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
);

const libraries = ["opusscript", "@evan/opus"] as const;

test.each(libraries)("what is encoded and decoded with %s sounds the same", (library) => {
  const codec = createOpusCodec(library);
  const encoder = codec.createEncoder({ bitrateBps: 96_000 });
  const decoder = codec.createDecoder();
  const heard = Buffer.concat(frames.map((frame) => decoder.decode(encoder.encode(frame))));
  const [heardLeft, heardRight] = fromS16le(heard);
  expect(likeness(left, heardLeft).ratio).toBeGreaterThan(0.98);
  expect(likeness(right, heardRight).ratio).toBeGreaterThan(0.98);
  encoder.delete();
  decoder.delete();
});

test("the libraries understand each other, and the native one is what the process uses when it is there", () => {
  for (const [writes, reads] of [libraries, libraries.toReversed()]) {
    const encoder = createOpusCodec(writes).createEncoder();
    const decoder = createOpusCodec(reads).createDecoder();
    const heard = Buffer.concat(frames.map((frame) => decoder.decode(encoder.encode(frame))));
    expect(likeness(left, fromS16le(heard)[0]).ratio).toBeGreaterThan(0.98);
    encoder.delete();
    decoder.delete();
  }
  const packets = (encoder: OpusEncoder) => frames.map((frame) => Buffer.from(encoder.encode(frame)).toString("hex"));
  expect(packets(createOpusEncoder())).toEqual(packets(createOpusCodec("@evan/opus").createEncoder()));
});

test("two hundred codecs at once do not disturb each other, also when their memory has to grow", () => {
  const codec = createOpusCodec();
  const alone = createOpusCodec();
  const reference = alone.createEncoder();
  const expected = frames.slice(0, 4).map((frame) => Buffer.from(reference.encode(frame)));
  const decoded = (() => {
    const decoder = alone.createDecoder();
    return expected.map((packet) => Buffer.from(decoder.decode(packet)));
  })();
  const encoders = Array.from({ length: 100 }, () => codec.createEncoder());
  const decoders = Array.from({ length: 100 }, () => codec.createDecoder());
  for (const [index, packet] of expected.entries()) {
    for (const encoder of encoders) expect(packet.equals(encoder.encode(frames[index] as Uint8Array))).toBe(true);
    for (const decoder of decoders) expect(decoded[index]?.equals(decoder.decode(packet))).toBe(true);
  }
  for (const user of [...encoders, ...decoders]) user.delete();
});

describe.each(libraries)("misuse of %s", (library) => {
  const codec = createOpusCodec(library);

  test("is refused", () => {
    const encoder = codec.createEncoder();
    const decoder = codec.createDecoder();
    expect(() => encoder.encode(new Uint8Array(3839))).toThrow(RangeError);
    expect(() => decoder.decode(new Uint8Array(0))).toThrow(RangeError);
    expect(() => decoder.decode(new Uint8Array(4000))).toThrow(RangeError);
    expect(() => decoder.decode(Uint8Array.of(0xff, 0xff, 0xff))).toThrow(/Opus could not decode/);
    encoder.delete();
    encoder.delete();
    decoder.delete();
    expect(() => encoder.encode(frames[0] as Uint8Array)).toThrow(/deleted/);
    expect(() => decoder.decode(Uint8Array.of(1))).toThrow(/deleted/);
  });

  test("an option out of range is named", () => {
    expect(() => codec.createEncoder({ complexity: 11 })).toThrow(/complexity to 11|option 4010 to 11/);
  });
});
