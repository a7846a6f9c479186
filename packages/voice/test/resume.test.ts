import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { openRig, takeSpoken, untilEncrypted, GUILD } from "./voice-rig.ts";

const ALICE = "300000000000000001";
const BOB = "300000000000000002";

test.each([1006, 4015])("resumes after the socket closed with %i, and not one frame is lost", async (code) => {
  // The sequence numbers wrap to 0 during the handshake, so the resume acknowledges a number after the wrap.
  await using rig = await openRig({ firstSequence: 65_533 });
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  await untilEncrypted(alice);
  await untilEncrypted(bob);
  const states: string[] = [];
  alice.on("stateChange", ({ to }) => void states.push(to.name));
  const frames = opusFrames(100, 6);
  const heard = takeSpoken(bob.receive(ALICE), frames.length);
  const playback = alice.play(sourceOf(frames));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(200);

  rig.simulator.closeSocket(GUILD, ALICE, code);

  expect(spoken(await heard)).toEqual(spoken(frames));
  expect(await playback.ended).toBe("finished");
  await expect.poll(() => states).toEqual(["reconnecting", "connected"]);
  expect(rig.simulator.getStats().resumes).toBe(1);
  // Both groups still stand: the other direction works too.
  const answer = opusFrames(10, 7);
  const heardBack = takeSpoken(alice.receive(BOB), answer.length);
  bob.play(sourceOf(answer));
  expect(spoken(await heardBack)).toEqual(spoken(answer));
});
