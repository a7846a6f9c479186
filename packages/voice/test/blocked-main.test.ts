import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { startListener } from "./listener.ts";
import { untilEncrypted } from "./voice-rig.ts";

const ALICE = "300000000000000001";

function block(durationMs: number): void {
  const untilMs = performance.now() + durationMs;
  while (performance.now() < untilMs);
}

test("a main thread that is blocked again and again neither starves nor delays what is sent", async () => {
  // The simulator and the other client live in a thread of their own, so that only our main thread is held up.
  await using listener = await startListener();
  const alice = await listener.connect(ALICE);
  await untilEncrypted(alice);
  const frames = opusFrames(150, 10);
  const playback = alice.play(sourceOf(frames));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(0);
  for (let round = 0; round < 6; round++) {
    block(200);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await playback.ended).toBe("finished");
  const stats = alice.getStats();
  const packets = await listener.heard(frames.length);
  expect(spoken(packets)).toEqual(spoken(frames));
  expect(stats.underruns).toBe(0);
  // The RTP clock runs on in skipped ticks, so a gap between packets is a jump of the timestamp: 60 ms are 2,880 samples.
  const gaps = packets.slice(1).map(({ timestamp }, index) => (timestamp - (packets[index]?.timestamp ?? 0)) >>> 0);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2_880);
  expect(gaps.reduce((sum, gap) => sum + gap / 960 - 1, 0)).toBeLessThanOrEqual(stats.skippedTicks);
});
