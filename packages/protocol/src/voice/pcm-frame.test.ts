import { expect, test } from "vitest";
import { FRAME_SAMPLES, PCM_CHANNELS, PCM_FRAME_BYTES, RTP_SAMPLES_PER_FRAME } from "./index.ts";

test("a frame of 20 ms has 960 samples of two channels, which are 3,840 bytes", () => {
  expect(FRAME_SAMPLES).toBe((48_000 * 20) / 1_000);
  expect(PCM_CHANNELS).toBe(2);
  expect(PCM_FRAME_BYTES).toBe(3_840);
  expect(RTP_SAMPLES_PER_FRAME).toBe(FRAME_SAMPLES);
});
