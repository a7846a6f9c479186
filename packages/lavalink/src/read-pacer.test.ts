import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { createReadPacer } from "./read-pacer.ts";

function pacedSocket() {
  const clock = createManualClock();
  const calls: string[] = [];
  const socket = { pause: () => void calls.push("pause"), resume: () => void calls.push("resume") };
  const pacer = createReadPacer({ socket, clock });
  return {
    calls,
    clock,
    pacer,
    /** Some frames come by one read of the socket. */
    async read(frames: number) {
      for (let frame = 0; frame < frames; frame++) pacer.frameRead();
      await Promise.resolve();
    },
  };
}

test("a socket with a frame now and then is never held up", async () => {
  const { calls, clock, read } = pacedSocket();
  for (let frame = 0; frame < 10; frame++) {
    await read(1);
    await clock.advance(2);
  }
  expect(calls).toEqual([]);
});

test("reads in quick succession become one every two milliseconds", async () => {
  const { calls, clock, read } = pacedSocket();
  await read(3);
  await read(3);
  expect(calls).toEqual(["pause"]);
  await clock.advance(1);
  expect(calls).toEqual(["pause"]);
  await clock.advance(1);
  expect(calls).toEqual(["pause", "resume"]);
  // What gathered comes at once, and the next may gather again.
  await read(40);
  expect(calls).toEqual(["pause", "resume", "pause"]);
  await clock.advance(2);
  await clock.advance(5);
  await read(1);
  expect(calls).toEqual(["pause", "resume", "pause", "resume"]);
});

test("a read that brought much is followed by another at once", async () => {
  const { calls, read } = pacedSocket();
  await read(1);
  await read(500);
  expect(calls).toEqual([]);
});

test("a stopped pacer leaves no timer", async () => {
  const { clock, pacer, read } = pacedSocket();
  await read(1);
  await read(1);
  expect(clock.pendingTimers).toBe(1);
  pacer.stop();
  expect(clock.pendingTimers).toBe(0);
});
