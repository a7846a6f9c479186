import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chirp,
  createWav,
  decodePackets,
  fixture,
  likeness,
  loudness,
  readPackets,
  type Stereo,
} from "./__fixtures__/chirp.ts";
import { openSource, type AudioFormat, type OpenSourceOptions } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-source-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function hear(bytes: Uint8Array, options: OpenSourceOptions = {}): Promise<Stereo> {
  await using source = await openSource({ bytes }, options);
  return decodePackets(await readPackets(source));
}

const monoChirp = (durationMs: number): Stereo => {
  const [left, right] = chirp(durationMs);
  const mean = left.map((sample, index) => (sample + (right[index] as number)) / 2);
  return [mean, mean];
};

interface FormatCase {
  readonly name: string;
  readonly format: AudioFormat;
  readonly bytes: () => Uint8Array;
  readonly original: Stereo;
  readonly durationMs: number;
  /** How far a seek to 500 ms may be off, in milliseconds. */
  readonly seekErrorMs: number;
}

const cases: readonly FormatCase[] = [
  {
    name: "WAV",
    format: "wav",
    bytes: () => createWav(chirp(1500, 44_100), 44_100),
    original: chirp(1500),
    durationMs: 1500,
    seekErrorMs: 1,
  },
  {
    name: "MP3",
    format: "mp3",
    bytes: () => fixture("chirp.mp3"),
    original: chirp(1500),
    durationMs: 1500,
    seekErrorMs: 1,
  },
  {
    name: "FLAC",
    format: "flac",
    bytes: () => fixture("chirp.flac"),
    original: monoChirp(1000),
    durationMs: 1000,
    seekErrorMs: 1,
  },
  {
    name: "Vorbis",
    format: "vorbis",
    bytes: () => fixture("chirp.ogg"),
    original: chirp(1500),
    durationMs: 1500,
    seekErrorMs: 25,
  },
  {
    name: "Opus",
    format: "opus",
    bytes: () => fixture("chirp.opus"),
    original: chirp(1500),
    durationMs: 1500,
    seekErrorMs: 21,
  },
  {
    name: "Opus of 60 ms",
    format: "opus",
    bytes: () => fixture("chirp-60ms.opus"),
    original: chirp(1500),
    durationMs: 1500,
    seekErrorMs: 61,
  },
  {
    name: "Opus of 10 ms",
    format: "opus",
    bytes: () => fixture("chirp-10ms.opus"),
    original: chirp(1500),
    durationMs: 1500,
    seekErrorMs: 21,
  },
];

/** Encoder and decoder delay a sound by 312 samples; a pass-through adds the delay of the first encoder. */
const DELAY_SAMPLES = 312;

describe.each(cases)("$name", ({ format, bytes, original, durationMs, seekErrorMs }) => {
  test("sounds like the original on both sides", async () => {
    const [left, right] = await hear(bytes());
    expect(likeness(original[0], left).ratio).toBeGreaterThan(0.98);
    expect(likeness(original[1], right).ratio).toBeGreaterThan(0.98);
    expect(Math.abs(likeness(original[0], left).shift - DELAY_SAMPLES)).toBeLessThanOrEqual(DELAY_SAMPLES + 3);
    expect(left.length / 48).toBeGreaterThanOrEqual(durationMs);
    expect(left.length / 48).toBeLessThanOrEqual(durationMs + 60);
    expect(loudness(left)).toBeCloseTo(loudness(original[0]), 1);
  });

  test("tells what it is", async () => {
    await using source = await openSource({ bytes: bytes() });
    expect(source.info).toMatchObject({ format, durationMs, isLive: false });
    expect(source).toMatchObject({ frameMs: 20, positionMs: 0, volumePercent: 100 });
  });

  test("starts where it is told", async () => {
    const [left] = await hear(bytes(), { startMs: 500 });
    const { ratio, shift } = likeness(original[0].subarray(24_000), left, 4800);
    expect(ratio).toBeGreaterThan(0.97);
    expect(Math.abs(shift - DELAY_SAMPLES) / 48).toBeLessThanOrEqual(seekErrorMs + DELAY_SAMPLES / 48);
    expect(left.length / 48).toBeGreaterThanOrEqual(durationMs - 500 - seekErrorMs);
  });

  test("is over at once when it starts behind its end", async () => {
    await using source = await openSource({ bytes: bytes() }, { startMs: 60_000 });
    expect(await source.next()).toBeNull();
  });

  test("can be louder and softer", async () => {
    const [soft] = await hear(bytes(), { volumePercent: 50 });
    expect(loudness(soft) / loudness(original[0])).toBeCloseTo(0.5, 1);
    const [silent] = await hear(bytes(), { volumePercent: 0 });
    expect(loudness(silent)).toBeLessThan(0.001);
  });

  test("survives being read from a file and closed half way", async () => {
    const path = join(folder, `piece.${format}`);
    await writeFile(path, bytes());
    const source = await openSource({ path });
    expect((await source.next())?.length).toBeGreaterThan(2);
    expect(source.positionMs).toBe(20);
    await source.close();
    await source.close();
    expect(await source.next()).toBeNull();
  });

  test("ends gracefully when its tail is missing", async () => {
    const whole = bytes();
    const [left] = await hear(whole.subarray(0, Math.round(whole.length * 0.8)));
    expect(likeness(original[0], left).ratio).toBeGreaterThan(0.97);
    expect(left.length).toBeGreaterThan(original[0].length * 0.5);
  });
});

test.each(["chirp.mp3", "chirp.flac", "chirp.ogg", "chirp.opus"])("%s tells title and artist", async (name) => {
  await using source = await openSource({ bytes: fixture(name) });
  expect(source.info).toMatchObject({ title: "Chirp", artist: "Antiphon" });
});

test("WAV tells title and artist", async () => {
  const wav = createWav(chirp(100), 48_000);
  const text = (id: string, value: string) => {
    const chunk = Buffer.alloc(8 + value.length + 1 + ((value.length + 1) % 2));
    chunk.write(id, 0, "latin1");
    chunk.writeUInt32LE(value.length + 1, 4);
    chunk.write(value, 8, "latin1");
    return chunk;
  };
  const body = Buffer.concat([Buffer.from("INFO"), text("INAM", "A song"), text("IART", "Some one")]);
  const list = Buffer.concat([Buffer.from("LIST"), Buffer.alloc(4), body]);
  list.writeUInt32LE(body.length, 4);
  const tagged = Buffer.concat([wav.subarray(0, 36), list, wav.subarray(36)]);
  await using source = await openSource({ bytes: tagged });
  expect(source.info).toMatchObject({ title: "A song", artist: "Some one", durationMs: 100 });
});

describe("Opus of 20 ms", () => {
  test("passes through unchanged, and is decoded only while the volume is not 100", async () => {
    const untouched = await readPackets(await openSource({ bytes: fixture("chirp.opus") }));
    const source = await openSource({ bytes: fixture("chirp.opus") });
    const packets: Uint8Array[] = [];
    for (let packet = await source.next(); packet !== null; packet = await source.next()) {
      packets.push(packet);
      if (packets.length === 20) source.setVolume(25);
      if (packets.length === 40) source.setVolume(100);
    }
    expect(packets.length).toBe(untouched.length);
    const same = packets.map((packet, index) => Buffer.compare(packet, untouched[index] as Uint8Array) === 0);
    expect(same.slice(0, 20)).not.toContain(false);
    expect(same.slice(20, 40)).not.toContain(true);
    // One frame of ramp back to full volume.
    expect(same.slice(41)).not.toContain(false);
    const [left] = decodePackets(packets);
    expect(loudness(left.subarray(960 * 25, 960 * 38)) / loudness(left.subarray(960 * 5, 960 * 18))).toBeCloseTo(
      0.25,
      1,
    );
  });

  test("of 60 ms is split without being decoded", async () => {
    await using source = await openSource({ bytes: fixture("chirp-60ms.opus") });
    const packets = await readPackets(source);
    expect(packets.length).toBeGreaterThanOrEqual(75);
    // Code 0 in the last two bits says: one frame.
    expect(packets.every((packet) => ((packet[0] as number) & 3) === 0)).toBe(true);
  });
});

test("more than two channels are mixed down", async () => {
  const [left, right] = chirp(300);
  const silence = new Float32Array(left.length);
  const [heardLeft, heardRight] = await hear(createWav([left, right, silence, silence, silence, silence], 48_000));
  expect(likeness(left, heardLeft).ratio).toBeGreaterThan(0.98);
  expect(likeness(right, heardRight).ratio).toBeGreaterThan(0.98);
});

test("a WAV file that was piped has no length and plays to its end", async () => {
  const wav = createWav(chirp(200), 48_000);
  wav.writeUInt32LE(0xffff_ffff, 40);
  await using source = await openSource({ bytes: wav });
  expect(source.info.durationMs).toBe(200);
  expect((await readPackets(source)).length).toBe(10);
});

describe("options", () => {
  const bytes = createWav(chirp(100), 48_000);

  test.each([{ startMs: -1 }, { startMs: Number.NaN }, { volumePercent: 1001 }, { volumePercent: -1 }])(
    "%o is refused",
    async (options) => {
      await expect(openSource({ bytes }, options)).rejects.toThrow(RangeError);
    },
  );

  test("an aborted signal ends opening and reading with its reason", async () => {
    const reason = new Error("enough");
    await expect(openSource({ bytes }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    await using source = await openSource({ bytes }, { signal: controller.signal });
    controller.abort(reason);
    await expect(source.next()).rejects.toBe(reason);
  });

  test("the bit rate decides the size", async () => {
    const size = async (bitrateBps: number) => {
      await using source = await openSource({ bytes: createWav(chirp(1000), 48_000) }, { bitrateBps });
      return (await readPackets(source)).reduce((sum, packet) => sum + packet.length, 0) * 8;
    };
    expect(await size(32_000)).toBeLessThan(45_000);
    expect(await size(128_000)).toBeGreaterThan(80_000);
  });
});
