import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TrackCodecError } from "./track-codec-error.ts";
import {
  STREAM_LENGTH_MS,
  decodeProbeDetails,
  decodeTrack,
  encodeProbeDetails,
  encodeTrack,
  type DecodedTrack,
} from "./track-codec.ts";

// Written by java.io.DataOutputStream of a JDK, the reference for modified UTF-8.
const vectors = new Map(
  readFileSync(new URL("__fixtures__/track-vectors.txt", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ") as [string, string]),
);
const vector = (name: string) => vectors.get(name) as string;
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof TrackCodecError) return error.code;
    throw error;
  }
  return undefined;
};

describe("tracks written by the JDK", () => {
  test.each([...vectors.keys()])("%s is written again byte for byte", (name) => {
    expect(encodeTrack(decodeTrack(vector(name)))).toBe(vector(name));
  });

  test("version 3 with every field", () => {
    expect(decodeTrack(vector("v3-youtube"))).toEqual({
      version: 3,
      title: "Title",
      author: "Author",
      lengthMs: 212_000n,
      identifier: "dQw4w9WgXcQ",
      isStream: false,
      uri: "https://youtu.be/dQw4w9WgXcQ",
      artworkUrl: "https://i.ytimg.com/x.jpg",
      isrc: "USABC1234567",
      sourceName: "youtube",
      details: new Uint8Array(),
      positionMs: 0n,
    });
  });

  test("texts beyond ASCII", () => {
    expect(decodeTrack(vector("v3-emoji"))).toMatchObject({ title: "A \u{1f33f} B \u{1f600}", author: "日本語" });
    expect(decodeTrack(vector("v3-nul-char")).title).toBe("nul\0in");
    expect(decodeTrack(vector("v3-lone-surrogate")).title).toBe("lone \ud83d end");
  });

  test("a live stream keeps its exact length, and http keeps its probe", () => {
    const stream = decodeTrack(vector("v3-http-stream-adts"));
    expect(stream).toMatchObject({ lengthMs: STREAM_LENGTH_MS, isStream: true, sourceName: "http" });
    expect(decodeProbeDetails(stream.details)).toBe("adts");
    expect(encodeProbeDetails("adts")).toEqual(stream.details);
    expect(decodeTrack(vector("v3-http-mp3")).positionMs).toBe(1234n);
  });

  test("what LavaSrc keeps stays opaque", () => {
    expect(decodeTrack(vector("v3-lavasrc-spotify")).details.length).toBeGreaterThan(9);
    expect(decodeTrack(vector("v3-lavasrc-old")).details).toEqual(new Uint8Array());
  });

  test("older versions have fewer fields", () => {
    expect(decodeTrack(vector("v2"))).toMatchObject({ version: 2, uri: "https://u", artworkUrl: null, positionMs: 7n });
    expect(decodeTrack(vector("v1"))).toMatchObject({ version: 1, uri: null, isStream: true });
  });
});

describe("bad input", () => {
  test.each([...vectors.keys()])("%s cut anywhere is refused, never misread", (name) => {
    const bytes = Buffer.from(vector(name), "base64");
    for (let sizeBytes = 0; sizeBytes < bytes.length; sizeBytes++) {
      const cut = bytes.subarray(0, sizeBytes).toString("base64");
      expect(codeOf(() => decodeTrack(cut))).toBe("PROTOCOL_TRACK_TRUNCATED");
    }
  });

  test("a header that says too little, a wrong alphabet, a later version, a broken text", () => {
    const bytes = Buffer.from(vector("v3-youtube"), "base64");
    expect(codeOf(() => decodeTrack(Buffer.concat([bytes, Buffer.alloc(1)]).toString("base64")))).toBe(
      "PROTOCOL_TRACK_MALFORMED",
    );
    expect(codeOf(() => decodeTrack("not a track!"))).toBe("PROTOCOL_TRACK_MALFORMED");
    const later = Buffer.from(bytes);
    later[4] = 4;
    expect(codeOf(() => decodeTrack(later.toString("base64")))).toBe("PROTOCOL_TRACK_VERSION_UNKNOWN");
    const broken = Buffer.from(bytes);
    broken[7] = 0xff;
    expect(codeOf(() => decodeTrack(broken.toString("base64")))).toBe("PROTOCOL_TRACK_MALFORMED");
  });

  test("what the format cannot hold is refused", () => {
    const track = decodeTrack(vector("v3-youtube"));
    expect(codeOf(() => encodeTrack({ ...track, title: "\0".repeat(32_768) }))).toBe("PROTOCOL_TRACK_UNENCODABLE");
    expect(codeOf(() => encodeTrack({ ...track, lengthMs: 2n ** 63n }))).toBe("PROTOCOL_TRACK_UNENCODABLE");
    expect(decodeTrack(encodeTrack({ ...track, title: "x".repeat(65_535) })).title.length).toBe(65_535);
  });
});

test("plain UTF-8's four-byte sequences are read too", () => {
  const written = encodeTrack({ ...decodeTrack(vector("v3-youtube")), title: "TITLE!" });
  const bytes = Buffer.from(written, "base64");
  bytes.write("a\u{1f600}b", 7, "utf8");
  expect(decodeTrack(bytes.toString("base64")).title).toBe("a\u{1f600}b");
});

const text = fc.string({ unit: "binary", maxLength: 40 });
const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
  .map((units) => String.fromCharCode(...units));
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const optional = fc.option(fc.oneof(text, anyUnits), { nil: null });
const anyTrack: fc.Arbitrary<DecodedTrack> = fc
  .record({
    version: fc.constantFrom(1 as const, 2 as const, 3 as const),
    title: fc.oneof(text, anyUnits),
    author: text,
    lengthMs: long,
    identifier: text,
    isStream: fc.boolean(),
    uri: optional,
    artworkUrl: optional,
    isrc: optional,
    sourceName: text,
    details: fc.uint8Array({ maxLength: 40 }),
    positionMs: long,
  })
  .map((track) => ({
    ...track,
    uri: track.version >= 2 ? track.uri : null,
    artworkUrl: track.version >= 3 ? track.artworkUrl : null,
    isrc: track.version >= 3 ? track.isrc : null,
  }));

test("every track comes back as it was, and its text too", () => {
  fc.assert(
    fc.property(anyTrack, (track) => {
      const encoded = encodeTrack(track);
      const decoded = decodeTrack(encoded);
      expect(decoded).toEqual(track);
      expect(encodeTrack(decoded)).toBe(encoded);
    }),
    { seed: 1 },
  );
});

test("any bytes decode or throw a TrackCodecError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 120 }), (bytes) => {
      const message = Buffer.from(bytes);
      message.writeInt32BE((message.length - 4) | (1 << 30), 0);
      message[4] = 3;
      codeOf(() => decodeTrack(message.toString("base64")));
    }),
    { seed: 2 },
  );
});
