import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixture, readPackets } from "./__fixtures__/chirp.ts";
import { createByteReader, type ByteSource } from "./byte-reader.ts";
import { createMemoryBytes } from "./file-bytes.ts";
import { openSource, VoiceSourceError } from "./index.ts";
import { openWebmOpus } from "./webm-opus-reader.ts";

/** An element with its size in 8 bytes, or, for null, of unknown size. */
function element(id: number, content: Uint8Array | readonly Uint8Array[], isOpen = false): Buffer {
  const body = Buffer.concat(content instanceof Uint8Array ? [content] : content);
  const idBytes = Buffer.from(
    id.toString(16).padStart(id > 0xffffff ? 8 : id > 0xffff ? 6 : id > 0xff ? 4 : 2, "0"),
    "hex",
  );
  const size = Buffer.alloc(8, 0xff);
  size.writeBigUInt64BE(isOpen ? 0x01ffffffffffffffn : 0x0100000000000000n + BigInt(body.length));
  return Buffer.concat([idBytes, size, body]);
}
const text = (value: string) => Buffer.from(value);
const byte = (...values: number[]) => Buffer.from(values);

const head = Buffer.alloc(19);
head.write("OpusHead");
head.set([1, 2], 8);

function track(number: number, codec: string, ...more: Buffer[]): Buffer {
  return element(0xae, [element(0xd7, byte(number)), element(0x86, text(codec)), element(0x63a2, head), ...more]);
}
function file(tracks: readonly Buffer[], clusters: readonly Buffer[], isOpen = false): Buffer {
  const header = element(0x1a45dfa3, element(0x4282, text("webm")));
  const info = element(0x1549a966, [element(0x2ad7b1, byte(0x0f, 0x42, 0x40)), element(0x7ba9, text("A title"))]);
  return Buffer.concat([header, element(0x18538067, [info, element(0x1654ae6b, tracks), ...clusters], isOpen)]);
}
/** A 20 ms packet of CELT that says which one it is. */
const packet = (number: number, length = 10) => Buffer.alloc(length, number).fill(0xfc, 0, 1);
const block = (trackNumber: number, timestamp: number, flags: number, ...body: Uint8Array[]) =>
  Buffer.concat([byte(0x80 | trackNumber, timestamp >> 8, timestamp & 255, flags), ...body]);
const cluster = (timestamp: number, children: readonly Buffer[], isOpen = false) =>
  element(0x1f43b675, [element(0xe7, byte(timestamp >> 8, timestamp & 255)), ...children], isOpen);

async function numbersOf(bytes: Uint8Array, startMs = 0, source: ByteSource = createMemoryBytes(bytes)) {
  const stream = await openWebmOpus(createByteReader(source), { startMs });
  const numbers: number[] = [];
  for (let frame = await stream.next(); frame !== null; frame = await stream.next())
    numbers.push(frame.packet[1] ?? -1);
  return numbers;
}

/** Gives its bytes one at a time, and cannot seek. */
function trickle(bytes: Uint8Array): ByteSource {
  let at = 0;
  const read = () => Promise.resolve(at < bytes.length ? bytes.subarray(at, ++at) : null);
  return { name: "a trickle", sizeBytes: null, read, close: () => Promise.resolve() };
}

describe("what ffmpeg wrote", () => {
  test("gives the packets of the Ogg file that it was made of, with its length and tags", async () => {
    await using webm = await openSource({ bytes: fixture("chirp.webm") });
    await using ogg = await openSource({ bytes: fixture("chirp.opus") });
    expect(webm.info).toMatchObject({ format: "opus", title: "Chirp", artist: "Antiphon", isLive: false });
    expect(Math.abs((webm.info.durationMs ?? 0) - 1_500)).toBeLessThan(30);
    expect(await readPackets(webm)).toEqual(await readPackets(ogg));
  });

  test("starts and seeks to one packet", async () => {
    const all = await readPackets(await openSource({ bytes: fixture("chirp.webm") }));
    await using source = await openSource({ bytes: fixture("chirp.webm") }, { startMs: 500 });
    const first = await source.next();
    expect(Math.abs(all.findIndex((each) => first !== null && Buffer.compare(each, first) === 0) - 25)).toBeLessThan(2);
    await source.seek(1_000);
    const second = await source.next();
    expect(Math.abs(all.findIndex((each) => second !== null && Buffer.compare(each, second) === 0) - 50)).toBeLessThan(
      2,
    );
  });
});

describe("blocks", () => {
  const opus = [track(3, "A_OPUS")];
  const simple = (timestamp: number, flags: number, ...body: Uint8Array[]) =>
    element(0xa3, block(3, timestamp, flags, ...body));

  test("come from simple blocks and groups, of the Opus track alone, in clusters of known and unknown size", async () => {
    const other = element(0xa3, block(1, 0, 0, packet(99)));
    const group = element(0xa0, [element(0xa1, block(3, 20, 0, packet(2))), element(0x9b, byte(20))]);
    const tracks = [track(1, "V_VP9"), ...opus];
    for (const isOpen of [false, true]) {
      const clusters = [
        cluster(0, [simple(0, 0, packet(1)), other, group], isOpen),
        cluster(40, [simple(0, 0, packet(3))], isOpen),
      ];
      const bytes = file(tracks, [element(0x1c53bb6b, Buffer.alloc(50)), ...clusters], isOpen);
      expect(await numbersOf(bytes)).toEqual([1, 2, 3]);
      expect(await numbersOf(bytes, 40)).toEqual([3]);
      expect(await numbersOf(bytes, 0, trickle(bytes))).toEqual([1, 2, 3]);
    }
  });

  test.each([
    ["Xiph", 2, [byte(2, 255, 45, 10), packet(1, 300), packet(2, 10), packet(3, 7)]],
    ["EBML", 6, [byte(2, 0x8a, 0xbf + 4), packet(1, 10), packet(2, 14), packet(3, 7)]],
    ["fixed", 4, [byte(2), packet(1), packet(2), packet(3)]],
  ] as const)("are taken apart by %s lacing", async (_name, flags, body) => {
    expect(await numbersOf(file(opus, [cluster(0, [simple(0, flags, ...body)])]))).toEqual([1, 2, 3]);
  });

  test("that are damaged are left out up to the next cluster", async () => {
    const broken = Buffer.concat([cluster(0, [simple(0, 0, packet(1))]), Buffer.alloc(100_000)]);
    expect(await numbersOf(file(opus, [broken, cluster(40, [simple(0, 0, packet(2))])]))).toEqual([1, 2]);
  });
});

describe("files without Opus", () => {
  test.each([
    ["another codec", file([track(1, "A_VORBIS")], []), "SOURCE_UNKNOWN_FORMAT"],
    ["an encoded track", file([track(1, "A_OPUS", element(0x6d80, byte(0)))], []), "SOURCE_UNKNOWN_FORMAT"],
    ["no tracks", element(0x1a45dfa3, element(0x4282, text("webm"))), "SOURCE_CORRUPT"],
    ["a header cut short", byte(0x1a, 0x45, 0xdf, 0xa3), "SOURCE_CORRUPT"],
    ["a header that is too large", byte(0x1a, 0x45, 0xdf, 0xa3, 0x08, 0xff, 0xff, 0xff, 0xff), "SOURCE_CORRUPT"],
  ])("%s", async (_name, bytes, code) => {
    await expect(openSource({ bytes }, { ffmpeg: null })).rejects.toMatchObject({ code });
  });
});

test("bytes of any kind end, or are refused with a code", { timeout: 180_000 }, async () => {
  const whole = fixture("chirp.webm");
  const prefix = fc.integer({ min: 4, max: 700 }).map((length) => whole.subarray(0, length));
  await fc.assert(
    fc.asyncProperty(prefix, fc.uint8Array({ maxLength: 400 }), async (start, rest) => {
      try {
        await numbersOf(Buffer.concat([start, rest]));
      } catch (error) {
        expect(error).toBeInstanceOf(VoiceSourceError);
      }
    }),
    { numRuns: 500 },
  );
});
