import { PCM_FRAME_BYTES } from "@antiphon/protocol/voice";
import { waitFor } from "@antiphon/std";
import type { FrameSource } from "@antiphon/voice";
import { createOpusDecoder, createPcmSource } from "@antiphon/voice/source";
import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { openRig, takeSpoken, untilEncrypted } from "./voice-rig.ts";

const ALICE = "300000000000000001";
const BOB = "300000000000000002";

/** A source that can go to any of its frames. */
function seekableSource(frames: readonly Uint8Array[]): FrameSource & { readonly volumes: number[] } {
  let index = 0;
  const volumes: number[] = [];
  return {
    frameMs: 20,
    volumes,
    next: () => Promise.resolve(frames[index++] ?? null),
    seek(positionMs) {
      index = positionMs / 20;
      return Promise.resolve();
    },
    setVolume: (volumePercent) => void volumes.push(volumePercent),
    close() {},
  };
}

async function openPair() {
  const rig = await openRig({ daveProtocolVersion: 0 });
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  return { alice, bob, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

test("what is queued follows without a gap: no silence frame and no jump of the timestamp between the two", async () => {
  await using pair = await openPair();
  const [first, second] = [opusFrames(20, 11), opusFrames(20, 12)];
  const heard = takeSpoken(pair.bob.receive(ALICE), 40);
  const playback = pair.alice.play(sourceOf(first));
  const next = pair.alice.play(sourceOf(second), { gapless: true });
  expect(pair.alice.playback).toBe(playback);
  expect(next.positionMs).toBe(0);
  expect(await playback.ended).toBe("finished");
  expect(pair.alice.playback).toBe(next);
  expect(await next.ended).toBe("finished");
  expect(next.positionMs).toBe(400);
  const packets = await heard;
  expect(spoken(packets)).toEqual(spoken([...first, ...second]));
  const seam = packets.slice(19, 21).map(({ sequence }) => sequence);
  expect(((seam[1] ?? 0) - (seam[0] ?? 0)) & 0xffff).toBe(1);
});

test("stopping what plays begins what is queued; stopping what is queued leaves what plays alone", async () => {
  await using pair = await openPair();
  const [first, second, third] = [opusFrames(30, 13), opusFrames(200, 14), opusFrames(10, 15)];
  const heard = takeSpoken(pair.bob.receive(ALICE), 40);
  const playback = pair.alice.play(sourceOf(first));
  const dropped = pair.alice.play(sourceOf(second), { gapless: true });
  const last = pair.alice.play(sourceOf(third), { gapless: true });
  await waitFor(playback, "start");
  dropped.stop();
  expect(await dropped.ended).toBe("stopped");
  expect(await last.ended).toBe("finished");
  expect(spoken(await heard)).toEqual(spoken([...first, ...third]));
});

test("a play without gapless replaces what plays and what is queued", async () => {
  await using pair = await openPair();
  const first = pair.alice.play(sourceOf(opusFrames(200, 16)));
  const second = pair.alice.play(sourceOf(opusFrames(200, 17)), { gapless: true });
  const third = pair.alice.play(sourceOf(opusFrames(5, 18)));
  expect(await Promise.all([first.ended, second.ended, third.ended])).toEqual(["replaced", "replaced", "finished"]);
});

test("a seek goes on from another place, and the position follows", async () => {
  await using pair = await openPair();
  const frames = opusFrames(300, 19);
  const heard = takeSpoken(pair.bob.receive(ALICE), 50);
  const playback = pair.alice.play(seekableSource(frames));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(100);
  await playback.seek(5_000);
  expect(playback.positionMs).toBeGreaterThanOrEqual(5_000);
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(6_000);
  const known = spoken(frames);
  const places = spoken(await heard).map((frame) => known.indexOf(frame));
  const before = places.filter((place) => place < 250);
  expect(places).toEqual([...before.keys(), ...Array.from({ length: 50 - before.length }, (_, index) => 250 + index)]);
  await expect(playback.seek(0)).rejects.toMatchObject({ code: "VOICE_SEEK_UNSUPPORTED" });
});

test("a seek after the source was read to its end plays again", async () => {
  await using pair = await openPair();
  const playback = pair.alice.play(seekableSource(opusFrames(20, 20)));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(0);
  await playback.seek(200);
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(400);
});

test("a seek while paused goes on from there, what follows follows, and both positions are right", async () => {
  await using pair = await openPair();
  const [first, second] = [opusFrames(300, 31), opusFrames(20, 32)];
  const playback = pair.alice.play(seekableSource(first));
  const next = pair.alice.play(seekableSource(second), { gapless: true });
  await expect.poll(() => playback.positionMs, { timeout: 60_000 }).toBeGreaterThan(100);
  playback.pause();
  await playback.seek(5_800);
  expect([playback.positionMs, next.positionMs]).toEqual([5_800, 0]);
  playback.resume();
  expect(await playback.ended).toBe("finished");
  expect(await next.ended).toBe("finished");
  expect([playback.positionMs, next.positionMs]).toEqual([6_000, 400]);
});

test("what is queued after a seek back waits until all was read again", async () => {
  await using pair = await openPair();
  const [first, second] = [opusFrames(20, 34), opusFrames(10, 35)];
  const heard = takeSpoken(pair.bob.receive(ALICE), 30);
  let reads = 0;
  const source = seekableSource(first);
  const counted = { ...source, next: () => (reads++, source.next()) };
  const playback = pair.alice.play(counted, { paused: true });
  // All twenty and the end.
  await expect.poll(() => reads, { timeout: 60_000 }).toBe(21);
  const seeking = playback.seek(0);
  const next = pair.alice.play(sourceOf(second), { gapless: true });
  await seeking;
  expect(playback.positionMs).toBe(0);
  playback.resume();
  expect(await playback.ended).toBe("finished");
  expect(await next.ended).toBe("finished");
  expect([playback.positionMs, next.positionMs]).toEqual([400, 200]);
  expect(spoken(await heard)).toEqual(spoken([...first, ...second]));
});

test("a loop begins anew without a gap, until it is told to stop looping", async () => {
  await using pair = await openPair();
  const frames = opusFrames(100, 21);
  const heard = takeSpoken(pair.bob.receive(ALICE), 200);
  const playback = pair.alice.play(seekableSource(frames), { loop: true });
  await waitFor(playback, "loop");
  expect(playback.positionMs).toBeLessThan(2_000);
  playback.loop = false;
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(2_000);
  expect(spoken(await heard)).toEqual(spoken([...frames, ...frames]));
});

test("the volume reaches a source that has one, and is refused by one that has none", async () => {
  await using pair = await openPair();
  const source = seekableSource(opusFrames(10, 22));
  const playback = pair.alice.play(source);
  playback.setVolume(40, { fadeMs: 500 });
  expect(source.volumes).toEqual([40]);
  const other = pair.alice.play(sourceOf(opusFrames(10, 23)));
  expect(() => other.setVolume(40)).toThrow(expect.objectContaining({ code: "VOICE_VOLUME_UNSUPPORTED" }));
  await expect(other.seek(100)).rejects.toMatchObject({ code: "VOICE_SEEK_UNSUPPORTED" });
});

test("audio is announced with the flags that were chosen, also while it flows", async () => {
  await using rig = await openRig({ daveProtocolVersion: 0 });
  const alice = await rig.connect(ALICE);
  const flags: number[] = [];
  rig.simulator.on("speaking", (event) => void flags.push(event.flags));
  alice.setSpeaking({ priority: true });
  const playback = alice.play(sourceOf(opusFrames(200, 24)));
  await expect.poll(() => flags).toEqual([5]);
  alice.setSpeaking({ soundshare: true, microphone: false });
  await expect.poll(() => flags).toEqual([5, 2]);
  playback.stop();
  await expect.poll(() => flags).toEqual([5, 2, 0]);
  expect(() => alice.setSpeaking({ microphone: false })).toThrow(RangeError);
});

test("samples must be encoded first: raw PCM is refused as a frame, and heard encrypted as Opus through createPcmSource", async () => {
  await using rig = await openRig();
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  await untilEncrypted(bob);
  const encrypted: boolean[] = [];
  rig.simulator.on(
    "packet",
    ({ endToEndEncrypted, payloadBytes }) => payloadBytes > 3 && encrypted.push(endToEndEncrypted),
  );
  const tone = Int16Array.from({ length: 960 * 2 * 25 }, (_, index) => 10_000 * Math.sin((index >> 1) / 10));
  const pcm = new Uint8Array(tone.buffer);

  const failed = waitFor(alice, "playbackError");
  const raw = alice.play(sourceOf([pcm.subarray(0, PCM_FRAME_BYTES)]));
  expect((await failed).error).toMatchObject({ code: "VOICE_SOURCE_FAILED" });
  expect(await raw.ended).toBe("failed");

  const heard = takeSpoken(bob.receive(ALICE), 25);
  const samples = async function* () {
    yield pcm;
  };
  alice.play(createPcmSource(samples()));
  const decoder = createOpusDecoder();
  const decoded = (await heard).map(({ opus }) => decoder.decode(opus));
  decoder.delete();
  expect(decoded.every(({ length }) => length === PCM_FRAME_BYTES)).toBe(true);
  const loud = new Int16Array(decoded[12]?.slice().buffer ?? new ArrayBuffer(0));
  expect(Math.max(...loud)).toBeGreaterThan(8_000);
  expect(encrypted.length).toBeGreaterThanOrEqual(25);
  expect(encrypted).not.toContain(false);
});

test("a source that gives nothing is called stuck, runs dry, and is played on when it gives more", async () => {
  await using pair = await openPair();
  const frames = opusFrames(10, 25);
  const more = Promise.withResolvers<void>();
  let index = 0;
  const playback = pair.alice.play(
    {
      frameMs: 20,
      async next() {
        if (index === 5) await more.promise;
        return frames[index++] ?? null;
      },
      close() {},
    },
    { stuckAfterMs: 100 },
  );
  const [stuck, told] = await Promise.all([
    waitFor(playback, "stuck"),
    waitFor(pair.alice, "playbackStuck"),
    waitFor(playback, "underrun"),
  ]);
  expect(stuck.waitedMs).toBe(100);
  expect(told).toMatchObject({ playback, waitedMs: 100 });
  more.resolve();
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(200);
  expect(pair.alice.getStats().underruns).toBeGreaterThan(0);
});
