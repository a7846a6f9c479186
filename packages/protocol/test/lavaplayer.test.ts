import { describeWith, startLavaplayer, type Lavaplayer, type LavaplayerTrack } from "@antiphon/services";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  decodeProbeDetails,
  decodeTrack,
  encodeProbeDetails,
  encodeTrack,
  STREAM_LENGTH_MS,
  TrackCodecError,
  trackEndReasons,
  trackInfoOf,
  type DecodedTrack,
} from "../src/lavalink/index.ts";

// lavaplayer is the library with which Lavalink writes and reads tracks; here it does so in a process of its own.

/** Sources that keep nothing of their own in a track. */
const PLAIN_SOURCES = ["youtube", "soundcloud", "bandcamp", "twitch", "vimeo", "nico"];

const plainTrack: DecodedTrack = {
  version: 3,
  title: "Morning Train",
  author: "The Simulated",
  lengthMs: 180_000n,
  identifier: "morning",
  isStream: false,
  uri: "https://music.invalid/morning",
  artworkUrl: "https://music.invalid/morning.jpg",
  isrc: "XXSIM2600001",
  sourceName: "youtube",
  details: new Uint8Array(),
  positionMs: 0n,
};

const words = fc.string({ unit: "binary", maxLength: 40 });
/** Any units of UTF-16: NUL, halves of surrogate pairs, and whatever else Java's strings can hold. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd83d, 0xde00)), {
    maxLength: 20,
  })
  .map((each) => String.fromCharCode(...each));
const text = fc.oneof(words, units, fc.constantFrom("", "\u{1f33f} \u{1f600}", "\0", "日本語", "x".repeat(3_000)));
const optional = fc.option(text, { nil: null });
const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, STREAM_LENGTH_MS, -1n, 2n ** 53n),
);
const tracks = fc.record({
  version: fc.constant(3 as const),
  title: text,
  author: text,
  lengthMs: long,
  identifier: text,
  isStream: fc.boolean(),
  uri: optional,
  artworkUrl: optional,
  isrc: optional,
  sourceName: fc.constantFrom(...PLAIN_SOURCES),
  details: fc.constant(new Uint8Array()),
  positionMs: long,
});

/** A track of ours in the words in which lavaplayer tells of one. */
function told(track: DecodedTrack): Omit<LavaplayerTrack, "encoded"> {
  const { title, author, identifier, isStream, uri, artworkUrl, isrc, sourceName } = track;
  return {
    title,
    author,
    identifier,
    isStream,
    uri,
    artworkUrl,
    isrc,
    sourceName,
    lengthMs: String(track.lengthMs),
    positionMs: String(track.positionMs),
    isSeekable: trackInfoOf(track).isSeekable,
  };
}

describeWith("lavaplayer", "the track codec beside lavaplayer", () => {
  let lavaplayer: Lavaplayer;
  beforeAll(() => void (lavaplayer = startLavaplayer(PLAIN_SOURCES)));
  afterAll(() => lavaplayer.close());

  test("what it writes is read field by field, and written again byte for byte", async () => {
    const check = async (track: DecodedTrack) => {
      const { encoded } = await lavaplayer.encode(told(track));
      const decoded = decodeTrack(encoded);
      expect(decoded).toEqual(track);
      expect(encodeTrack(decoded)).toBe(encoded);
    };
    await fc.assert(fc.asyncProperty(tracks, check), { seed: 11, numRuns: 400 });
  });

  test("what is written here it reads field by field, in all three versions, and writes again as the third", async () => {
    const inVersions = fc.tuple(tracks, fc.constantFrom(1 as const, 2 as const, 3 as const));
    const check = async ([latest, version]: [DecodedTrack, 1 | 2 | 3]) => {
      const { uri, artworkUrl, isrc } = latest;
      const track: DecodedTrack = {
        ...latest,
        version,
        uri: version >= 2 ? uri : null,
        artworkUrl: version >= 3 ? artworkUrl : null,
        isrc: version >= 3 ? isrc : null,
      };
      expect(await lavaplayer.decode(encodeTrack(track))).toEqual({
        ...told(track),
        encoded: encodeTrack({ ...track, version: 3 }),
      });
    };
    await fc.assert(fc.asyncProperty(inVersions, check), { seed: 12, numRuns: 400 });
  });

  test.each(["mp3", "flac", "ogg", "wav", "mp4", "adts", "matroska/webm", "mp3|with parameters"])(
    "the details of files and addresses name the container: %s",
    async (probe) => {
      for (const sourceName of ["http", "local"]) {
        const encoded = encodeTrack({ ...plainTrack, sourceName, details: encodeProbeDetails(probe), positionMs: 9n });
        const answer = await lavaplayer.decode(encoded);
        expect(answer).toMatchObject({ encoded, sourceName, title: plainTrack.title, positionMs: "9" });
        expect(decodeProbeDetails(decodeTrack(answer.encoded).details)).toBe(probe);
      }
    },
  );

  test("tracks end for the same reasons, and the same ones let the next start", async () => {
    const here = Object.entries(trackEndReasons).map(([reason, { mayStartNext }]) => [reason, mayStartNext]);
    expect(Object.fromEntries(here)).toEqual(await lavaplayer.endReasons());
  });

  test("neither writes a text that the format cannot hold", async () => {
    const title = "\0".repeat(32_768);
    await expect(lavaplayer.encode(told({ ...plainTrack, title }))).rejects.toThrow("UTFDataFormatException");
    expect(() => encodeTrack({ ...plainTrack, title })).toThrow(TrackCodecError);
    const longest = { ...plainTrack, title: "\0".repeat(32_767) };
    expect((await lavaplayer.encode(told(longest))).encoded).toBe(encodeTrack(longest));
  });

  test("neither reads a message that was cut off", async () => {
    const bytes = Buffer.from(encodeTrack(plainTrack), "base64");
    for (let sizeBytes = 0; sizeBytes < bytes.length; sizeBytes += 7) {
      const cut = bytes.subarray(0, sizeBytes).toString("base64");
      await expect(lavaplayer.decode(cut)).rejects.toThrow();
      expect(() => decodeTrack(cut)).toThrow(TrackCodecError);
    }
  });

  test("plain UTF-8's four bytes, which other servers write, are read here only", async () => {
    const bytes = Buffer.from(encodeTrack({ ...plainTrack, title: "TITLE!" }), "base64");
    bytes.write("a\u{1f600}b", 7, "utf8");
    const encoded = bytes.toString("base64");
    await expect(lavaplayer.decode(encoded)).rejects.toThrow("UTFDataFormatException");
    expect(decodeTrack(encoded).title).toBe("a\u{1f600}b");
  });
});
