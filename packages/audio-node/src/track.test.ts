import { decodeProbeDetails, decodeTrack, STREAM_LENGTH_MS } from "@antiphon/protocol/lavalink";
import { expect, test } from "vitest";
import { createTrack, toWireJson } from "./track.ts";

test("what is known about the audio is in the track, and the place of what is not", () => {
  const known = createTrack(
    { sourceName: "local", identifier: "a/b.flac" },
    { format: "flac", container: "flac", durationMs: 1234, isLive: false, title: "**B** @everyone", artist: "A" },
  );
  expect(known.info).toMatchObject({
    title: "**B** @everyone",
    author: "A",
    length: 1234,
    isSeekable: true,
    identifier: "a/b.flac",
  });
  const { info } = createTrack(
    { sourceName: "http", identifier: "https://radio.example/streams/Night%20waves.mp3?key=1" },
    { format: "mp3", container: "mp3", durationMs: null, isLive: true },
  );
  expect(info).toMatchObject({ title: "Night waves", author: "Unknown artist", isStream: true, isSeekable: false });
});

test("an endless stream has Java's longest length, to the last digit", () => {
  const track = createTrack(
    { sourceName: "http", identifier: "http://x/%" },
    { format: "mp3", container: "mp3", durationMs: null, isLive: true },
  );
  expect(decodeTrack(track.encoded).lengthMs).toBe(STREAM_LENGTH_MS);
  expect(toWireJson({ track })).toContain('"length":9223372036854775807');
});

test.each([
  ["wav", "wav", "wav"],
  ["opus", "ogg", "ogg"],
  ["opus", "webm", "matroska/webm"],
  // Converted to WAV on its way, which is nobody else's business.
  ["wav", "mp4", "mp4"],
  ["wav", "aac", "adts"],
] as const)("%s in %s is what lavaplayer probes as %s", (format, container, probe) => {
  const info = { format, container, durationMs: 1000, isLive: false };
  const { details } = decodeTrack(createTrack({ sourceName: "local", identifier: "a" }, info).encoded);
  expect(decodeProbeDetails(details)).toBe(probe);
});
