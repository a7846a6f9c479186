import { expect, test } from "vitest";
import { startListener } from "./listener.ts";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { untilEncrypted } from "./voice-rig.ts";

const ALICE = "300000000000000001";
const ROUNDS = 6;
const ROUND_MS = 200;

/** Blocks this thread until 200 ms of audio were sent meanwhile; only shared memory can tell, since nothing is dispatched. */
function blockWhilePlaying(playback: { readonly positionMs: number }): boolean {
  const targetMs = playback.positionMs + ROUND_MS;
  const giveUpMs = performance.now() + 10_000;
  while (playback.positionMs < targetMs) if (performance.now() > giveUpMs) return false;
  return true;
}

test("a main thread that is blocked again and again neither stops nor delays what is sent", async () => {
  // The simulator and the other client live in a thread of their own, so that only our main thread is held up.
  await using listener = await startListener();
  const alice = await listener.connect(ALICE);
  await untilEncrypted(alice);
  const frames = opusFrames(150, 10);
  const playback = alice.play(sourceOf(frames));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(0);
  for (let round = 0; round < ROUNDS; round++) {
    expect(blockWhilePlaying(playback)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await playback.ended).toBe("finished");
  const { underruns, skippedTicks } = alice.getStats();
  const packets = await listener.heard(frames.length);
  expect(spoken(packets)).toEqual(spoken(frames));
  expect(underruns).toBe(0);
  // The RTP clock runs on in skipped ticks, so every gap between two packets is a jump of the timestamp, and all of them are accounted
  // for by what the machine kept the voice thread from.
  const gaps = packets.slice(1).map(({ timestamp }, index) => (timestamp - (packets[index]?.timestamp ?? 0)) >>> 0);
  const missedTicks = gaps.reduce((sum, gap) => sum + gap / 960 - 1, 0);
  expect(missedTicks).toBeLessThanOrEqual(skippedTicks);
});
