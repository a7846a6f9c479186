import { waitFor } from "@antiphon/std";
import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { openRig, takeSpoken, untilEncrypted } from "./voice-rig.ts";

const ALICE = "300000000000000001";
const BOB = "300000000000000002";
const CAROL = "300000000000000003";

test.each(["aead_xchacha20_poly1305_rtpsize", "aead_aes256_gcm_rtpsize"] as const)(
  "two clients talk bit-exactly both ways when the server offers %s first",
  async (mode) => {
    await using rig = await openRig({ modes: [mode] });
    const alice = await rig.connect(ALICE);
    const bob = await rig.connect(BOB);
    const fromAlice = opusFrames(40, 1);
    const fromBob = opusFrames(40, 2);
    const heard = Promise.all([takeSpoken(bob.receive(ALICE), 40), takeSpoken(alice.receive(), 40)]);
    alice.play(sourceOf(fromAlice));
    bob.play(sourceOf(fromBob));
    expect((await heard).map(spoken)).toEqual([spoken(fromAlice), spoken(fromBob)]);
    expect(alice.getStats().privacyCode).toBe(bob.getStats().privacyCode);
    expect(rig.workers.running).toBe(1);
  },
);

test("who begins to send audio, and who ceases to, is told with user id and SSRC", async () => {
  await using rig = await openRig();
  const ssrcs = new Map<string, number>();
  rig.simulator.on("memberJoin", ({ userId, ssrc }) => void ssrcs.set(userId, ssrc));
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  const began = waitFor(bob, "speaking", { filter: ({ speaking }) => speaking });
  const ceased = waitFor(bob, "speaking", { filter: ({ speaking }) => !speaking });
  alice.play(sourceOf(opusFrames(20, 1)));
  const ssrc = ssrcs.get(ALICE);
  expect(ssrc).toBeGreaterThan(0);
  expect(await began).toEqual({ type: "speaking", userId: ALICE, ssrc, speaking: true });
  expect(await ceased).toEqual({ type: "speaking", userId: ALICE, ssrc, speaking: false });
});

test("a third member joins and leaves while audio flows, and the privacy code follows", async () => {
  await using rig = await openRig();
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  await untilEncrypted(alice);
  const before = alice.getStats().privacyCode;
  const frames = opusFrames(400, 3);
  alice.play(sourceOf(frames));
  const carol = await rig.connect(CAROL);
  const heardByCarol = await takeSpoken(carol.receive(ALICE), 20);
  const known = new Set(spoken(frames));
  expect(spoken(heardByCarol).every((frame) => known.has(frame))).toBe(true);
  const withCarol = alice.getStats().privacyCode;
  expect(withCarol).not.toBe(before);

  const left = waitFor(alice, "memberLeave");
  const rekeyed = waitFor(alice, "encryptionChange", {
    filter: ({ encryption }) => encryption.privacyCode !== withCarol,
  });
  await carol.close();
  expect((await left).userId).toBe(CAROL);
  await rekeyed;
  expect(spoken(await takeSpoken(bob.receive(ALICE), 20)).every((frame) => known.has(frame))).toBe(true);
});

test("pause holds the position, resume goes on with the next frame, stop ends in five silence frames", async () => {
  await using rig = await openRig();
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  await untilEncrypted(bob);
  const frames = opusFrames(200, 4);
  const source = sourceOf(frames);
  const stream = bob.receive(ALICE);
  const playback = alice.play(source);
  const first = await takeSpokenWithin(stream, 10);
  const silent = waitFor(bob, "speaking", { filter: ({ speaking }) => !speaking });
  playback.pause();
  await silent;
  const pausedAtMs = playback.positionMs;
  expect(playback.paused).toBe(true);
  playback.resume();
  const second = await takeSpokenWithin(stream, pausedAtMs / 20 - 10 + 10);
  expect(spoken([...first, ...second])).toEqual(spoken(frames.slice(0, first.length + second.length)));

  const quiet = waitFor(bob, "speaking", { filter: ({ speaking }) => !speaking });
  playback.stop();
  expect(await playback.ended).toBe("stopped");
  expect(source.closed).toBe(true);
  await quiet;
  await stream.return?.();
  const rest: number[] = [];
  for await (const { opus } of stream) rest.push(opus.length);
  expect(rest.slice(-5)).toEqual([3, 3, 3, 3, 3]);
  expect(alice.playback).toBeNull();
});

test("a source that fails ends its playback with an error, and the next one plays", async () => {
  await using rig = await openRig({ daveProtocolVersion: 0 });
  const alice = await rig.connect(ALICE);
  const frames = opusFrames(5, 5);
  let left = 3;
  const broken = alice.play({
    frameMs: 20,
    next: () => (left-- > 0 ? Promise.resolve(frames[left] ?? null) : Promise.reject(new Error("the disk is gone"))),
    close() {},
  });
  const error = await waitFor(alice, "playbackError");
  expect(error.error).toMatchObject({
    code: "VOICE_SOURCE_FAILED",
    message: expect.stringContaining("the disk is gone"),
  });
  expect(await broken.ended).toBe("failed");
  const next = alice.play(sourceOf(frames));
  expect(await next.ended).toBe("finished");
  expect(next.positionMs).toBe(100);
});

/** Takes frames without ending the stream. */
async function takeSpokenWithin(
  stream: AsyncIterableIterator<{ opus: Uint8Array }>,
  count: number,
): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  while (frames.length < count) {
    const { value, done } = await stream.next();
    if (done === true) break;
    if (value.opus.length !== 3) frames.push(value.opus);
  }
  return frames;
}
