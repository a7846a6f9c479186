import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordCall } from "@antiphon/voice/receive";
import { openSource } from "@antiphon/voice/source";
import { expect, test } from "vitest";
import { chirp, createWav, decodePackets, loudness, readPackets } from "../src/source/__fixtures__/chirp.ts";
import { openRig, takeSpoken, untilEncrypted } from "./voice-rig.ts";

const ALICE = "300000000000000001";
const BOB = "300000000000000002";
const CAROL = "300000000000000003";

const tone = () => openSource({ bytes: createWav(chirp(800), 48_000) });

test("a call is recorded: each speaker as sent, and all of them in one WAV file", async () => {
  const directory = await mkdtemp(join(tmpdir(), "antiphon-record-"));
  try {
    await using rig = await openRig();
    const [alice, bob, carol] = [await rig.connect(ALICE), await rig.connect(BOB), await rig.connect(CAROL)];
    await Promise.all([untilEncrypted(alice), untilEncrypted(bob), untilEncrypted(carol)]);
    const abort = new AbortController();
    const recording = recordCall(carol, { directory, signal: abort.signal });
    const heard = Promise.all([takeSpoken(carol.receive(ALICE), 40), takeSpoken(carol.receive(BOB), 40)]);
    expect(await alice.play(await tone()).ended).toBe("finished");
    expect(await bob.play(await tone()).ended).toBe("finished");
    // The recording got every frame that another stream of the same connection got.
    await heard;
    abort.abort();
    const { speakerFiles, mixFile, framesConcealed } = await recording;

    expect([...speakerFiles.keys()]).toEqual([ALICE, BOB]);
    expect(framesConcealed).toBe(carol.getStats().packetsLost);
    for (const path of speakerFiles.values()) {
      await using file = await openSource({ path });
      const packets = await readPackets(file);
      expect(packets.filter(({ length }) => length > 3).length).toBe(40);
      const [left] = decodePackets(packets);
      expect(loudness(left)).toBeGreaterThan(0);
    }
    const wav = await readFile(mixFile);
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    await using mix = await openSource({ path: mixFile });
    // One spoke after the other.
    expect(mix.info.durationMs).toBeGreaterThan(1_500);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a stream ends after silence, which begins to count with the first sound", async () => {
  await using rig = await openRig({ daveProtocolVersion: 0 });
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  const stream = bob.receive(ALICE, { endAfterSilenceMs: 1_000 });
  alice.play(await tone());
  const lengths: number[] = [];
  for await (const { opus } of stream) lengths.push(opus.length);
  expect(lengths.filter((length) => length > 3).length).toBe(40);
});

test("a stream does not take it for silence that its own thread stood still", async () => {
  await using rig = await openRig({ daveProtocolVersion: 0 });
  const alice = await rig.connect(ALICE);
  const bob = await rig.connect(BOB);
  const stream = bob.receive(ALICE, { endAfterSilenceMs: 1_000 });
  alice.play(await tone());
  const lengths: number[] = [];
  for await (const { opus } of stream) {
    lengths.push(opus.length);
    if (lengths.length === 5) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  }
  expect(lengths.filter((length) => length > 3).length).toBe(40);
});
