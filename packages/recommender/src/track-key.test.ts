import { expect, test } from "vitest";
import { artistKey, trackKey } from "./track-key.ts";

test.each([
  ["Björk", "Jóga", "BJORK", "joga"],
  ["Daft Punk", "Aerodynamic (Official Video)", "daft punk", "Aerodynamic"],
  ["Gorillaz", "Feel Good Inc. (feat. De La Soul)", "Gorillaz", "Feel Good Inc"],
  ["The Beatles", "Help! [2009 Remastered]", "the beatles", "Help"],
])("%s — %s is the same piece as %s — %s", (artist, title, otherArtist, otherTitle) => {
  expect(trackKey(artist, title)).toBe(trackKey(otherArtist, otherTitle));
});

test.each([
  ["A", "One (Live)", "A", "One"],
  ["A", "!!!", "A", "???"],
  ["A", "(feat. B)", "A", "(feat. C)"],
  ["AB", "C", "A", "BC"],
  ["宇多田ヒカル", "光", "宇多田ヒカル", "闇"],
])("%s — %s is not %s — %s", (artist, title, otherArtist, otherTitle) => {
  expect(trackKey(artist, title)).not.toBe(trackKey(otherArtist, otherTitle));
});

test("names of punctuation alone keep it", () => {
  expect(artistKey(" !!! ")).toBe("!!!");
});
