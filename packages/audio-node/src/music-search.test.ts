import { expect, test } from "vitest";
import type { MusicDirectory, MusicFile } from "./music-directory.ts";
import { createMusicSearch } from "./music-search.ts";
import { createTrack } from "./track.ts";

const file = (identifier: string, revision = "1"): MusicFile => ({
  identifier,
  path: `/music/${identifier}`,
  revision,
});
const signal = new AbortController().signal;

function setUp(files: MusicFile[]) {
  const opened: string[] = [];
  const directory: MusicDirectory = {
    find: () => Promise.resolve({ kind: "missing" }),
    list: () => Promise.resolve(files),
  };
  const { search } = createMusicSearch(directory, ({ identifier }) => {
    opened.push(identifier);
    if (identifier.includes("broken")) return Promise.resolve(undefined);
    const [artist, title] = identifier.replace(".mp3", "").split(" - ");
    const info = { format: "mp3" as const, container: "mp3", durationMs: 1000, isLive: false, title, artist };
    return Promise.resolve(createTrack({ sourceName: "local", identifier }, info));
  });
  const titles = async (query: string) => (await search(query, { signal })).map((track) => track.info.title);
  return { titles, opened, files };
}

test("whole words count most, beginnings more than middles, accents and case nothing", async () => {
  const { titles } = setUp([
    file("Nobody - Sunshine.mp3"),
    file("Björk - Sun.mp3"),
    file("Nobody - Unsung.mp3"),
    file("Nobody - Moon.mp3"),
  ]);
  expect(await titles("SUN")).toEqual(["Sun", "Sunshine", "Unsung"]);
  expect(await titles("bjork")).toEqual(["Sun"]);
  expect(await titles("moon of nobody at all")).toEqual([]);
  expect(await titles("nobody moon")).toEqual(["Moon", "Sunshine", "Unsung"]);
});

test("without words there is everything, by title", async () => {
  const { titles } = setUp([file("Nobody - Sunshine.mp3"), file("Björk - Sun.mp3"), file("Nobody - Moon.mp3")]);
  expect(await titles("...")).toEqual(["Moon", "Sun", "Sunshine"]);
});

test("a file is opened when it is new or has changed, and forgotten when it is gone", async () => {
  const { titles, opened, files } = setUp([file("A - One.mp3"), file("A - broken.mp3")]);
  expect(await titles("a")).toEqual(["One"]);
  await titles("a");
  expect(opened.filter((name) => name === "A - One.mp3").length).toBe(1);
  files[0] = file("A - One.mp3", "2");
  files.push(file("A - Two.mp3"));
  expect(await titles("a")).toEqual(["One", "Two"]);
  expect(opened.filter((name) => name === "A - One.mp3").length).toBe(2);
  files.shift();
  expect(await titles("a")).toEqual(["Two"]);
});
