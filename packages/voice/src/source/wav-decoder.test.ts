import { expect, test } from "vitest";
import { chirp, createWav, type WavEncoding } from "./__fixtures__/chirp.ts";
import { createByteReader } from "./byte-reader.ts";
import { createMemoryBytes } from "./file-bytes.ts";
import { openWavDecoder } from "./wav-decoder.ts";

async function decode(bytes: Uint8Array, startMs = 0): Promise<readonly number[][]> {
  const decoder = await openWavDecoder(createByteReader(createMemoryBytes(bytes)), { startMs });
  const channels: number[][] = [[], []];
  for (let block = await decoder.next(); block !== null; block = await decoder.next()) {
    for (const [number, samples] of block.channels.entries()) channels[number]?.push(...samples);
  }
  return channels;
}

test.each<[WavEncoding, number]>([
  ["u8", 1 / 100],
  ["s16", 1 / 30_000],
  ["s24", 1 / 8_000_000],
  ["s32", 1 / 8_000_000],
  ["f32", 1 / 8_000_000],
  ["f64", 1 / 8_000_000],
])("%s keeps its samples", async (encoding, precision) => {
  const original = chirp(50, 8000);
  const decoded = await decode(createWav(original, 8000, encoding));
  for (const [number, samples] of original.entries()) {
    expect(decoded[number]?.length).toBe(samples.length);
    for (const [index, sample] of samples.entries())
      expect(Math.abs(sample - (decoded[number]?.[index] as number))).toBeLessThan(precision);
  }
});

test("the extensible form is read as what it extends", async () => {
  const plain = createWav(chirp(50, 8000), 8000);
  const extension = Buffer.alloc(24);
  extension.writeUInt16LE(22, 0);
  extension.writeUInt16LE(16, 2);
  extension.writeUInt16LE(1, 8);
  const extensible = Buffer.concat([plain.subarray(0, 36), extension, plain.subarray(36)]);
  extensible.writeUInt32LE(40, 16);
  extensible.writeUInt16LE(0xfffe, 20);
  expect(await decode(extensible)).toEqual(await decode(plain));
});

test("a seek is exact to the sample", async () => {
  const wav = createWav(chirp(100, 8000), 8000);
  const [whole = []] = await decode(wav);
  const [rest] = await decode(wav, 40);
  expect(rest).toEqual(whole.slice(320));
});
