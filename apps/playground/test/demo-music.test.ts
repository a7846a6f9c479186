import { describe, expect, test } from "vitest";
import { createRecording, loudness } from "../src/tour/correlation.ts";
import { readWav } from "../src/tour/read-wav.ts";
import { demoTracks } from "./demo-tracks.ts";

describe("demo music", async () => {
  const tracks = await demoTracks();
  const sounds = await Promise.all(tracks.map(async (track) => ({ ...track, ...(await readWav(track.path)) })));

  test.each(sounds)(
    "$title is half a minute or more of sound, neither silent nor clipped",
    ({ samples, sampleRateHz }) => {
      expect(samples.length / sampleRateHz).toBeGreaterThan(30);
      expect(samples.every((sample) => Number.isFinite(sample) && Math.abs(sample) < 0.9)).toBe(true);
      for (let second = 1; second < 30; second += 4) {
        expect(loudness(samples.subarray(second * sampleRateHz, (second + 2) * sampleRateHz))).toBeGreaterThan(0.01);
      }
    },
  );

  test("no two pieces sound alike", async () => {
    for (const [index, piece] of sounds.entries()) {
      const other = sounds[(index + 1) % sounds.length];
      if (other === undefined) continue;
      const part = {
        samples: piece.samples.subarray(5 * piece.sampleRateHz, 7 * piece.sampleRateHz),
        sampleRateHz: piece.sampleRateHz,
      };
      const range = { fromMs: 0, toMs: 20_000 };
      expect((await createRecording(other).find(part, range)).correlation).toBeLessThan(0.7);
      const own = await createRecording(piece).find(part, range);
      expect(own.correlation).toBeGreaterThan(0.99);
      expect(Math.abs(own.positionMs - 5_000)).toBeLessThan(2);
    }
  });
});
