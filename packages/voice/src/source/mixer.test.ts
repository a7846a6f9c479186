import { expect, test } from "vitest";
import { chirp, createWav, decodePackets, loudness, readPackets } from "./__fixtures__/chirp.ts";
import { createMixer, openSource, type Mixer } from "./index.ts";

const tone = (durationMs: number) => openSource({ bytes: createWav(chirp(durationMs), 48_000) });

/** How loud the left channel is in each tenth of a second. */
function levels(packets: readonly Uint8Array[]): number[] {
  const [left] = decodePackets(packets);
  const part = 4_800;
  return Array.from({ length: Math.floor(left.length / part) }, (_, index) =>
    loudness(left.subarray(index * part, (index + 1) * part)),
  );
}

async function take(mixer: Mixer, count: number): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = [];
  for (let packet = await mixer.next(); packet !== null && packets.length < count; packet = await mixer.next())
    packets.push(packet);
  return packets;
}

const silence = { frameMs: 20, next: () => Promise.resolve(Uint8Array.of(0xf8, 0xff, 0xfe)), close() {} } as const;

test("two sources are heard as one, as long as the longer of them", async () => {
  const mixer = createMixer();
  const short = mixer.add(await tone(200));
  const long = mixer.add(await tone(400), { volumePercent: 50 });
  expect(mixer.trackCount).toBe(2);
  const heard = levels(await take(mixer, 100));
  expect(await short.ended).toBeUndefined();
  expect(await long.ended).toBeUndefined();
  expect(heard.length).toBe(4);
  expect(await mixer.next()).toBeNull();
  // Together they are three times as loud as the half-volume rest.
  expect((heard[1] ?? 0) / (heard[3] ?? 1)).toBeCloseTo(3, 0);
  await mixer.close();
});

test("music gives way under speech and comes back after it", async () => {
  const mixer = createMixer({ duckPercent: 10, duckFadeMs: 100 });
  mixer.add(await tone(3_000));
  const before = levels(await take(mixer, 25));
  const speech = mixer.add(silence, { role: "speech" });
  const under = levels(await take(mixer, 25));
  await speech.remove();
  const after = levels(await take(mixer, 25));
  expect((under[3] ?? 1) / (before[3] ?? 1)).toBeLessThan(0.2);
  expect((after[3] ?? 0) / (before[3] ?? 1)).toBeGreaterThan(0.7);
  await mixer.close();
  await mixer.close();
});

test("a source that fails ends alone, and an empty mixer that keeps open is silent", async () => {
  const mixer = createMixer({ keepsOpen: true });
  const failure = new Error("the disk is gone");
  const broken = mixer.add({ frameMs: 20, next: () => Promise.reject(failure), close() {} });
  const [packet] = await take(mixer, 1);
  expect(await broken.ended).toBe(failure);
  expect(loudness(decodePackets([packet ?? new Uint8Array()])[0])).toBe(0);
  expect(mixer.trackCount).toBe(0);
  await mixer.close();
  expect(await mixer.next()).toBeNull();
  expect(await mixer.add(silence).ended).toBeUndefined();
  expect(() => createMixer({ duckPercent: 101 })).toThrow(RangeError);
});

test("leaving the block ends every track, and all who close wait for the same end", async () => {
  const slow = Promise.withResolvers<void>();
  const failure = new Error("the socket hung up");
  const closed: string[] = [];
  const sourceOf = (name: string, closing: () => Promise<void>) => ({
    ...silence,
    async close() {
      await closing();
      closed.push(name);
    },
  });
  let ended: readonly Promise<unknown>[] = [];
  {
    await using mixer = createMixer();
    const tracks = [
      mixer.add(sourceOf("slow", () => slow.promise)),
      mixer.add(sourceOf("broken", () => Promise.reject(failure))),
    ];
    ended = tracks.map((track) => track.ended);
    expect(await mixer.next()).not.toBeNull();
    const first = mixer.close().then(() => closed.push("the mixer"));
    const removal = tracks[0]?.remove().then(() => closed.push("the track"));
    slow.resolve();
    await Promise.all([mixer.close(), first, removal]);
    expect(closed[0]).toBe("slow");
    expect(mixer.trackCount).toBe(0);
  }
  expect(await Promise.all(ended)).toEqual([undefined, failure]);
});

test("a source fades in at its start and out before its end", async () => {
  const bytes = createWav(chirp(1_000), 48_000);
  await using source = await openSource({ bytes }, { fadeInMs: 300, fadeOutMs: 300 });
  const heard = levels(await readPackets(source));
  expect(heard[0] ?? 1).toBeLessThan((heard[5] ?? 0) / 2);
  expect(heard[9] ?? 1).toBeLessThan((heard[5] ?? 0) / 2);
  expect(source.volumePercent).toBe(100);
});

test("a source goes on at another place, and its fade at the end is forgotten", async () => {
  await using source = await openSource({ bytes: createWav(chirp(1_000), 48_000) }, { fadeOutMs: 400 });
  await readPackets(source);
  expect(source.positionMs).toBe(1_000);
  await source.seek(400);
  expect(source.positionMs).toBe(400);
  const heard = levels(await readPackets(source));
  expect(heard.length).toBe(6);
  expect(heard[0] ?? 0).toBeGreaterThan(2 * (heard[5] ?? 1));
  await expect(source.seek(-1)).rejects.toThrow(RangeError);
});
