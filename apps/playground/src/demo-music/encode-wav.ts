import { SAMPLE_RATE_HZ } from "./instrument.ts";
import type { StereoSamples } from "./score.ts";

/** A WAV file (16-bit stereo) with its title and artist in a RIFF INFO list. */
export function encodeWav(samples: StereoSamples, info: { readonly title: string; readonly artist: string }): Buffer {
  const { left, right } = samples;
  const data = Buffer.alloc(left.length * 4);
  for (let index = 0; index < left.length; index++) {
    data.writeInt16LE(Math.round(clamp(left[index] ?? 0) * 32_767), index * 4);
    data.writeInt16LE(Math.round(clamp(right[index] ?? 0) * 32_767), index * 4 + 2);
  }
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(2, 2);
  format.writeUInt32LE(SAMPLE_RATE_HZ, 4);
  format.writeUInt32LE(SAMPLE_RATE_HZ * 4, 8);
  format.writeUInt16LE(4, 12);
  format.writeUInt16LE(16, 14);
  const list = Buffer.concat([Buffer.from("INFO"), chunk("INAM", text(info.title)), chunk("IART", text(info.artist))]);
  const body = Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", format), chunk("LIST", list), chunk("data", data)]);
  return chunk("RIFF", body);
}

function chunk(id: string, body: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, "latin1");
  header.writeUInt32LE(body.length, 4);
  // Chunks begin at even places.
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}

const text = (value: string) => Buffer.from(`${value}\0`);
const clamp = (sample: number) => Math.max(-1, Math.min(1, sample));
