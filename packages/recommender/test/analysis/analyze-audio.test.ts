import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, property, uint8Array } from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { analyzeAudio, analyzeSamples, readWav } from "@antiphon/recommender/analysis";
import { RecommenderError } from "@antiphon/recommender";
import { drums, stereo, tone, wavFile } from "./synthesised-audio.ts";

// Signal processing takes long on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function fileOf(bytes: Uint8Array): Promise<{ readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-analysis-"));
  folders.push(folder);
  const path = join(folder, "sound.wav");
  await writeFile(path, bytes);
  return { path };
}

const short = stereo(tone({ hz: 1_000, seconds: 1, dbfs: -23 }));

test("a thread analyses samples, and a file, as the calling thread would, which goes on meanwhile", async () => {
  const audio = stereo(drums(120, 8), 44_100);
  const [inThread, fromFile] = await Promise.all([
    analyzeAudio(audio),
    analyzeAudio(await fileOf(wavFile({ audio, bits: 32, code: 3 }))),
  ]);
  expect(inThread).toEqual(analyzeSamples(audio));
  expect(inThread).toMatchObject({
    durationMs: 8_000,
    tempo: { beatsPerMinute: expect.closeTo(120, 0) },
    key: undefined,
  });
  expect(fromFile).toEqual(inThread);
  expect(audio.channels[0]?.length).toBe(8 * 44_100);
});

test.each([
  { bits: 8, code: 1 },
  { bits: 16, code: 1 },
  { bits: 24, code: 1 },
  { bits: 32, code: 1 },
  { bits: 32, code: 3 },
  { bits: 64, code: 3 },
] as const)("reads WAV of $bits bits, format $code, plain and extensible", ({ bits, code }) => {
  const audio = {
    sampleRateHz: 44_100,
    channels: [tone({ hz: 100, seconds: 0.1, dbfs: -1 }), tone({ hz: 50, seconds: 0.1, dbfs: -9 })],
  };
  for (const isExtensible of [false, true]) {
    const read = readWav(wavFile({ audio, bits, code, isExtensible }));
    expect(read.sampleRateHz).toBe(44_100);
    const step = bits === 8 ? 1 / 64 : 1 / 16_000;
    for (const [channel, samples] of audio.channels.entries())
      expect(read.channels[channel]?.every((value, index) => Math.abs(value - (samples[index] ?? 0)) < step)).toBe(
        true,
      );
  }
});

test("a file that was cut is read as far as it goes", () => {
  const whole = wavFile({ audio: short, bits: 16 });
  expect(readWav(whole.subarray(0, whole.length / 2)).channels[0]?.length).toBeGreaterThan(20_000);
});

test("whatever the bytes, reading gives sound or the error for none", () => {
  const whole = wavFile({ audio: stereo(tone({ hz: 440, seconds: 0.01, dbfs: -6 })), bits: 16 });
  const attempt = (bytes: Uint8Array) => {
    try {
      readWav(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(RecommenderError);
      expect(error).toMatchObject({ code: "RECOMMENDER_AUDIO_INVALID" });
    }
  };
  for (let length = 0; length < 120; length++) attempt(whole.subarray(0, length));
  const noise = uint8Array({ minLength: 0, maxLength: 60 });
  assert(
    property(noise, (bytes) => {
      attempt(bytes);
      const damaged = Buffer.from(whole);
      damaged.set(bytes.subarray(0, 48), 12);
      attempt(damaged);
    }),
    { seed: 1 },
  );
});

test("what cannot be analysed is told with what is wrong", async () => {
  const cases = [
    [{ ...short, sampleRateHz: 4_000 }, "4000 Hz"],
    [{ ...short, channels: [] }, "0 channels"],
    [{ ...short, channels: [new Float32Array(0)] }, "no samples"],
    [{ ...short, channels: [new Float32Array(9), new Float32Array(8)] }, "differ in length"],
    [{ ...short, channels: [Float32Array.of(0, Number.NaN)] }, "no numbers"],
    [{ sampleRateHz: 8_000, channels: [new Float32Array(8_000 * 1_801)] }, "over the limit"],
  ] as const;
  for (const [audio, what] of cases) expect(() => analyzeSamples(audio)).toThrow(what);
  const invalid = { code: "RECOMMENDER_AUDIO_INVALID" };
  await expect(analyzeAudio(await fileOf(Buffer.from("no sound at all")))).rejects.toMatchObject(invalid);
  await expect(analyzeAudio({ ...short, channels: [] })).rejects.toMatchObject(invalid);
});

test("a file that is not there and a signal end an analysis", async () => {
  const failed = { code: "RECOMMENDER_AUDIO_ANALYSIS_FAILED", message: expect.stringContaining("ENOENT") };
  await expect(analyzeAudio({ path: "/nowhere/at/all.wav" })).rejects.toMatchObject(failed);
  const controller = new AbortController();
  const running = analyzeAudio(stereo(drums(120, 60), 44_100), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  await expect(analyzeAudio(short, { signal: controller.signal })).rejects.toThrow("enough");
});
