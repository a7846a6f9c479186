import type { UserId } from "@antiphon/protocol/discord";
import { expect, test } from "vitest";
import { chirp, createWav, loudness, readPackets } from "../source/__fixtures__/chirp.ts";
import { openSource } from "../source/index.ts";
import { decodeReceived, type ReceivedPcmFrame } from "./index.ts";

const userId = "300000000000000001" as UserId;

async function decode(sequences: readonly number[], packets: readonly Uint8Array[]): Promise<ReceivedPcmFrame[]> {
  async function* frames() {
    for (const sequence of sequences) {
      const opus = packets[sequence % packets.length] ?? Uint8Array.of(0xfc);
      yield { userId, opus, sequence: sequence & 0xffff, timestamp: (sequence * 960) >>> 0 };
    }
  }
  return Array.fromAsync(decodeReceived(frames()));
}

async function speech(): Promise<Uint8Array[]> {
  await using source = await openSource({ bytes: createWav(chirp(1_000), 48_000) });
  return await readPackets(source);
}

const loud = ({ samples }: ReceivedPcmFrame) => loudness(Float32Array.from(samples));

test("lost packets are made up for by the sound before them, fading", async () => {
  const frames = await decode([10, 11, 14, 15], await speech());
  expect(frames.map(({ timestamp, isConcealed }) => [timestamp / 960, isConcealed])).toEqual([
    [10, false],
    [11, false],
    [12, true],
    [13, true],
    [14, false],
    [15, false],
  ]);
  const [, before, first, second] = frames.map(loud);
  expect(first ?? 0).toBeGreaterThan(0);
  expect(first ?? 0).toBeLessThan(before ?? 0);
  expect(second ?? 0).toBeLessThan(first ?? 0);
});

test("the sequence may wrap, and more than five lost packets are a pause", async () => {
  const packets = await speech();
  const wrapped = await decode([65_534, 65_535, 65_537], packets);
  expect(wrapped.map(({ isConcealed }) => isConcealed)).toEqual([false, false, true, false]);
  const paused = await decode([1, 2, 9], packets);
  expect(paused.map(({ isConcealed }) => isConcealed)).toEqual([false, false, false]);
});

test("a packet that is no Opus counts as lost", async () => {
  const packets = await speech();
  packets[3] = Uint8Array.of(0xff, 0xff, 0xff);
  const frames = await decode([2, 3, 4], packets);
  expect(frames.map(({ isConcealed }) => isConcealed)).toEqual([false, true, false]);
});
