import { readFileSync } from "node:fs";
import { createOpusDecoder, type AudioSource } from "../index.ts";

/** Left and right, samples from -1 to 1. */
export type Stereo = readonly [left: Float32Array, right: Float32Array];

/** The piece of all fixtures, at any rate; see README.md beside this file. */
export function chirp(durationMs: number, sampleRateHz = 48_000, startMs = 0): Stereo {
  const count = Math.round((durationMs / 1000) * sampleRateHz);
  const tone = (baseHz: number, riseHz: number) =>
    Float32Array.from({ length: count }, (_, index) => {
      const t = startMs / 1000 + index / sampleRateHz;
      return 0.4 * Math.sin(2 * Math.PI * (baseHz * t + riseHz * t * t));
    });
  return [tone(200, 300), tone(300, 200)];
}

/** How a WAV file keeps its samples. */
export type WavEncoding = "u8" | "s16" | "s24" | "s32" | "f32" | "f64";

const WRITERS: Record<WavEncoding, readonly [bits: number, write: (file: Buffer, value: number, offset: number) => void]> = {
  u8: [8, (file, value, offset) => file.writeUInt8(Math.round(value * 127) + 128, offset)],
  s16: [16, (file, value, offset) => file.writeInt16LE(Math.round(value * 32_767), offset)],
  s24: [24, (file, value, offset) => file.writeIntLE(Math.round(value * 8_388_607), offset, 3)],
  s32: [32, (file, value, offset) => file.writeInt32LE(Math.round(value * 2_147_483_647), offset)],
  f32: [32, (file, value, offset) => file.writeFloatLE(value, offset)],
  f64: [64, (file, value, offset) => file.writeDoubleLE(value, offset)],
};

/** Writes a WAV file. */
export function createWav(channels: readonly Float32Array[], sampleRateHz: number, encoding: WavEncoding = "s16"): Buffer {
  const [bits, write] = WRITERS[encoding];
  const blockBytes = (channels.length * bits) / 8;
  const count = channels[0]?.length ?? 0;
  const file = Buffer.alloc(44 + count * blockBytes);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(encoding.startsWith("f") ? 3 : 1, 20);
  file.writeUInt16LE(channels.length, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(sampleRateHz * blockBytes, 28);
  file.writeUInt16LE(blockBytes, 32);
  file.writeUInt16LE(bits, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(count * blockBytes, 40);
  for (const [number, samples] of channels.entries()) {
    for (const [index, sample] of samples.entries()) write(file, sample, 44 + index * blockBytes + (number * bits) / 8);
  }
  return file;
}

/** The bytes of a fixture. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url));
}

/** Reads a source to its end. */
export async function readPackets(source: AudioSource): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  for (let packet = await source.next(); packet !== null; packet = await source.next()) packets.push(packet);
  return packets;
}

/** Decodes Opus packets one after another. */
export function decodePackets(packets: readonly Uint8Array[]): Stereo {
  const decoder = createOpusDecoder();
  const pcm = Buffer.concat(packets.map((packet) => decoder.decode(packet)));
  decoder.delete();
  const side = (offset: number) => Float32Array.from({ length: pcm.length / 4 }, (_, index) => pcm.readInt16LE(index * 4 + offset) / 32_768);
  return [side(0), side(2)];
}

/** How alike two sounds are, from -1 to 1, when the second is shifted by the number of samples at which they are most alike. */
export function likeness(original: Float32Array, heard: Float32Array, maximumShift = 2000): { readonly ratio: number; readonly shift: number } {
  let best = { ratio: -1, shift: 0 };
  for (let shift = -maximumShift; shift <= maximumShift; shift += 3) {
    let cross = 0;
    let originalEnergy = 0;
    let heardEnergy = 0;
    for (let index = Math.max(0, -shift); index < original.length && index + shift < heard.length; index += 5) {
      const a = original[index] as number;
      const b = heard[index + shift] as number;
      cross += a * b;
      originalEnergy += a * a;
      heardEnergy += b * b;
    }
    const ratio = cross / Math.sqrt(originalEnergy * heardEnergy || 1);
    if (ratio > best.ratio) best = { ratio, shift };
  }
  return best;
}

/** The root mean square of samples. */
export function loudness(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}
