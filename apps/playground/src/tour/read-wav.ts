import { readFile } from "node:fs/promises";
import type { Sound } from "./correlation.ts";

/** The samples of a file that the playground wrote (16-bit stereo WAV), mixed down to one channel, from -1 to 1. */
export async function readWav(path: string): Promise<Sound> {
  const file = await readFile(path);
  let sampleRateHz = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString("latin1", at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === "fmt ") sampleRateHz = file.readUInt32LE(body + 4);
    if (id === "data") {
      const samples = Float32Array.from(
        { length: length / 4 },
        (_, index) => (file.readInt16LE(body + index * 4) + file.readInt16LE(body + index * 4 + 2)) / 65_536,
      );
      return { samples, sampleRateHz };
    }
    at = body + length + (length % 2);
  }
  throw new Error(`${path} is no WAV file with samples`);
}
