import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSeededRandom } from "@antiphon/std";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chirp, createWav, fixture } from "./__fixtures__/chirp.ts";
import { openSource, VoiceSourceError } from "./index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "antiphon-bad-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function failureOf(input: Parameters<typeof openSource>[0]): Promise<VoiceSourceError> {
  try {
    await using source = await openSource(input, { ffmpeg: null });
    for (let packet = await source.next(); packet !== null; packet = await source.next());
  } catch (error) {
    if (error instanceof VoiceSourceError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

const wav = createWav(chirp(100), 48_000);
const withBytes = (offset: number, ...bytes: number[]) => {
  const changed = Buffer.from(wav);
  changed.set(bytes, offset);
  return changed;
};

describe.each([
  ["nothing", Buffer.alloc(0), "SOURCE_EMPTY", /0 bytes/],
  [
    "a web page",
    Buffer.from("<!DOCTYPE html><html><body>404</body></html>"),
    "SOURCE_NOT_AUDIO",
    /a web page instead of audio/,
  ],
  ["a page after a byte order mark", Buffer.from("\uFEFF\n <html>"), "SOURCE_NOT_AUDIO", /a web page/],
  ["XML", Buffer.from('<?xml version="1.0"?><rss/>'), "SOURCE_NOT_AUDIO", /XML/],
  ["JSON", Buffer.from('{"error":"gone"}'), "SOURCE_NOT_AUDIO", /JSON/],
  ["a playlist", Buffer.from("#EXTM3U\nhttp://x"), "SOURCE_UNKNOWN_FORMAT", /playlist/],
  [
    "MP4",
    Buffer.from("\0\0\0\x20ftypM4A \0\0\0\0", "latin1"),
    "SOURCE_UNKNOWN_FORMAT",
    /MP4 or M4A. Convert it to WAV, MP3, FLAC/,
  ],
  ["Matroska without tracks", Buffer.from("1a45dfa383428180", "hex"), "SOURCE_CORRUPT", /damaged WebM/],
  ["a picture", Buffer.from("89504e470d0a1a0a", "hex"), "SOURCE_UNKNOWN_FORMAT", /a picture/],
  ["AAC", Buffer.from("fff15080000000", "hex"), "SOURCE_UNKNOWN_FORMAT", /AAC/],
  [
    "Ogg of something else",
    Buffer.from("OggS\0\x02 theora", "latin1"),
    "SOURCE_UNKNOWN_FORMAT",
    /Ogg file without Opus or Vorbis/,
  ],
  ["plain text", Buffer.from("This is no music."), "SOURCE_UNKNOWN_FORMAT", /unknown format/],
  [
    "noise",
    Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7919) % 251)),
    "SOURCE_UNKNOWN_FORMAT",
    /unknown/,
  ],
  ["WAV without a format", Buffer.concat([wav.subarray(0, 12), wav.subarray(36)]), "SOURCE_CORRUPT", /before its fmt/],
  ["WAV without audio", wav.subarray(0, 44), "SOURCE_CORRUPT", /no audio/],
  ["WAV cut in its header", wav.subarray(0, 30), "SOURCE_CORRUPT", /fmt/],
  ["WAV of no channels", withBytes(22, 0, 0), "SOURCE_CORRUPT", /0 channels/],
  ["WAV of an absurd rate", withBytes(24, 0, 0, 0, 0xff), "SOURCE_CORRUPT", /samples a second/],
  ["WAV of another codec", withBytes(20, 0x55, 0), "SOURCE_UNKNOWN_FORMAT", /encoding 85/],
  ["FLAC cut in its header", fixture("chirp.flac").subarray(0, 30), "SOURCE_CORRUPT", /FLAC/],
  ["FLAC without frames", fixture("chirp.flac").subarray(0, 42), "SOURCE_CORRUPT", /./],
  ["Opus without audio", fixture("chirp.opus").subarray(0, 47), "SOURCE_CORRUPT", /no audio/],
  ["Vorbis cut in its headers", fixture("chirp.ogg").subarray(0, 200), "SOURCE_CORRUPT", /Vorbis/],
  ["an ID3 tag and nothing else", fixture("chirp.mp3").subarray(0, 40), "SOURCE_CORRUPT", /no MPEG audio/],
] as const)("%s", (_name, bytes, code, message) => {
  test(`is ${code}`, async () => {
    const fromMemory = await failureOf({ bytes });
    expect(fromMemory.code).toBe(code);
    expect(fromMemory.message).toMatch(message);
    // One line, for a chat message.
    expect(fromMemory.message).not.toMatch(/\n/);
    const path = join(folder, "input.mp3");
    await writeFile(path, bytes);
    expect((await failureOf({ path })).code).toBe(code);
  });
});

test("a missing file and a folder", async () => {
  expect(await failureOf({ path: join(folder, "nowhere.mp3") })).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  expect(await failureOf({ path: join(folder, "input.mp3", "below") })).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  expect(await failureOf({ path: folder })).toMatchObject({ code: "SOURCE_UNREADABLE" });
});

test("a wrong ending does not matter", async () => {
  const path = join(folder, "really-a-wav.flac");
  await writeFile(path, wav);
  await using source = await openSource({ path });
  expect(source.info.format).toBe("wav");
});

describe.each(["chirp.mp3", "chirp.flac", "chirp.ogg", "chirp.opus", "chirp-60ms.opus", "chirp.webm"])(
  "damaged %s",
  (name) => {
    test("plays what is left, or says that it is damaged", { timeout: 180_000 }, async () => {
      const random = createSeededRandom(7);
      const whole = fixture(name);
      for (let round = 0; round < 40; round++) {
        const damaged = Buffer.from(whole);
        for (let hit = random.integer(1, 60); hit > 0; hit--)
          damaged[random.integer(4, damaged.length - 1)] = random.integer(0, 255);
        const cut = random.next() < 0.5 ? damaged : Buffer.concat([damaged.subarray(0, 900), damaged.subarray(1200)]);
        try {
          await using source = await openSource({ bytes: cut });
          let frameCount = 0;
          for (let packet = await source.next(); packet !== null; packet = await source.next()) frameCount++;
          // A damaged file never plays longer than a whole one.
          expect(frameCount).toBeLessThan(90);
        } catch (error) {
          expect(error).toBeInstanceOf(VoiceSourceError);
        }
      }
    });
  },
);
