import { expect, test } from "vitest";
import { createRingWriter } from "./frame-ring.ts";
import { createPlayback } from "./playback.ts";
import { createConnectionMemory, viewControls } from "./shared-memory.ts";

const frame = Uint8Array.of(0xf8, 1, 2);

/** A playback of 40 frames that can seek, and the voice thread's side of it, which reads nothing: 64 frames fit. */
async function open() {
  const memory = createConnectionMemory();
  const controls = viewControls(memory.controls);
  let index = 0;
  let id = 0;
  const driven = createPlayback({
    source: {
      frameMs: 20,
      next: () => Promise.resolve(index++ < 40 ? frame : null),
      seek(positionMs) {
        index = positionMs / 20;
        return Promise.resolve();
      },
      close() {},
    },
    loop: false,
    stuckAfterMs: 60_000,
    ring: createRingWriter(memory.send),
    controls,
    wake() {},
    createId: () => ++id,
    after: null,
    place: () => ({ isCurrent: true, isLast: true }),
  });
  await driven.written;
  const hear = (playbackId: number, playedFrames: number) => {
    controls.store("playedFrames", playedFrames);
    controls.store("playbackId", playbackId);
  };
  return { driven, hear, playback: driven.playback };
}

test("the position at the end is its own, though what follows is heard already", async () => {
  const { driven, hear, playback } = await open();
  hear(1, 30);
  expect(playback.positionMs).toBe(600);
  hear(2, 3);
  expect(playback.positionMs).toBe(600);
  driven.onEnd(1, 40);
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(800);
});

test("the end of what a seek has left ends nothing", async () => {
  const { driven, hear, playback } = await open();
  hear(1, 40);
  const seeking = playback.seek(400);
  // Sent by the voice thread before it saw the seek.
  driven.onEnd(1, 40);
  await seeking;
  driven.onEnd(1, 40);
  expect(playback.positionMs).toBe(400);
  await driven.written;
  hear(2, 20);
  driven.onEnd(2, 20);
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(800);
});

test("after a seek, what was written before counts as written no more", async () => {
  const { driven, playback } = await open();
  await playback.seek(400);
  let isWritten = false;
  void driven.written.then(() => (isWritten = true));
  await Promise.resolve();
  expect(isWritten).toBe(false);
  await driven.written;
  playback.stop();
  expect(await playback.ended).toBe("stopped");
});
