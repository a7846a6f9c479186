import type { QueuedTrack } from "@antiphon/lavalink";
import { expect, test } from "vitest";
import { lengthText, plainTrackLine, progressText, trackLine } from "./track-text.ts";

function trackOf(info: Partial<QueuedTrack["info"]> = {}): QueuedTrack {
  const base = {
    identifier: "i",
    isSeekable: true,
    author: "Mara Lind",
    length: 65_000,
    isStream: false,
    position: 0,
    title: "Tide",
    sourceName: "local",
  };
  return {
    encoded: "e",
    info: { ...base, ...info },
    pluginInfo: {},
    userData: {},
    requesterId: null,
  };
}

test.each([
  [0, "0:00"],
  [65_400, "1:05"],
  [3_723_000, "1:02:03"],
])("%i ms is %s", (length, text) => {
  expect(lengthText(trackOf({ length }))).toBe(text);
});

test("a stream has no length", () => {
  const track = trackOf({ isStream: true, length: Number.MAX_VALUE });
  expect(lengthText(track)).toBe("live");
  expect(progressText(track, 61_000)).toBe("🔴 live, 1:01 so far");
});

test.each([
  [0, 0],
  [32_500, 8],
  [65_000, 15],
  [900_000, 15],
])("at %i ms the knob is at %i", (positionMs, knob) => {
  const [bar = ""] = progressText(trackOf(), positionMs).split(" ");
  const symbols = Array.from(bar);
  expect(symbols.indexOf("🔘")).toBe(knob);
  expect(symbols).toHaveLength(16);
});

test("a length of 0 does no harm", () => {
  expect(progressText(trackOf({ length: 0 }), 0)).toContain("0:00 / 0:00");
});

test("names are cut, and their markup shows as text", () => {
  const track = trackOf({ title: `**${"x".repeat(300)}`, author: "" });
  expect(trackLine(track)).toMatch(/^\*\*\\\*\\\*x+…\*\* by unknown artist$/);
  expect(plainTrackLine(track).length).toBeLessThanOrEqual(100);
});
