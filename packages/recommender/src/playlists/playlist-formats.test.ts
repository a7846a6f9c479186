import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HistoryStore } from "../store/history-store.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import { importPlaylist, readPlaylist } from "./import-playlist.ts";
import { createJspfPlaylist } from "./jspf.ts";
import { createM3uPlaylist } from "./m3u.ts";
import type { PlaylistDocument } from "./playlist-document.ts";
import { createXspfPlaylist } from "./xspf.ts";

const glass = {
  artist: "Björk",
  title: "Glass & <b>“Bell”</b>",
  durationMs: 61_000,
  identifier: "https://a.example/x?y=1&z=2",
};
const words = { artist: "宇多田ヒカル", title: "光", durationMs: null, identifier: "宇多田ヒカル 光" };
const document: PlaylistDocument = { title: "Evening", creator: "ada", tracks: [{ ...glass, album: "Debut" }, words] };

let store: HistoryStore;
beforeEach(() => {
  store = openSqliteHistoryStore({ path: ":memory:" });
});
afterEach(() => store.close());
const run = (text: string) => importPlaylist([new TextEncoder().encode(text)], { store, userId: "ada" });

test("an M3U in UTF-8, as players read it", () => {
  expect(createM3uPlaylist([glass, words], { title: "Evening" })).toBe(
    "#EXTM3U\n#PLAYLIST:Evening\n#EXTINF:61,Björk - Glass & <b>“Bell”</b>\nhttps://a.example/x?y=1&z=2\n#EXTINF:-1,宇多田ヒカル - 光\n宇多田ヒカル 光\n",
  );
  expect(createM3uPlaylist([])).toBe("#EXTM3U\n");
});

test("no title makes entries of its own", () => {
  const hostile = {
    artist: "A",
    title: "x\nhttp://evil.example/\r\u2028#EXTINF:1,y",
    durationMs: null,
    identifier: "#EXTM3U",
  };
  const m3u = createM3uPlaylist([hostile], { title: "a\nb" });
  expect(readPlaylist(m3u).document.tracks).toHaveLength(1);
  const markup = { ...hostile, title: "</title></track><track><title>y", artist: "]]>&amp;" };
  const xspf = createXspfPlaylist({ title: "<x>", tracks: [markup] });
  expect(readPlaylist(xspf).document).toMatchObject({
    title: "<x>",
    tracks: [{ title: markup.title, artist: "]]>&amp;" }],
  });
});

test.each([
  ["xspf", createXspfPlaylist(document)],
  ["jspf", createJspfPlaylist(document)],
] as const)("%s goes out and comes back whole", (format, text) => {
  expect(readPlaylist(text)).toEqual({ format, document });
});

test("an M3U comes back with what it can hold", () => {
  const { format, document: read } = readPlaylist(createM3uPlaylist(document.tracks, { title: "Evening" }));
  expect({ format, ...read }).toEqual({ format: "m3u", title: "Evening", tracks: document.tracks });
});

test("no texts change how many tracks an XSPF or JSPF holds", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" }).filter((each) => each.trim() !== "");
  const tracks = fc.array(fc.record({ artist: text, title: text, durationMs: fc.constant(null), identifier: text }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(tracks, (list) => {
      const own = { title: "t", tracks: list };
      for (const each of [createXspfPlaylist(own), createJspfPlaylist(own)]) {
        expect(readPlaylist(each).document.tracks).toHaveLength(list.length);
      }
    }),
  );
});

test("files in the wild: other line ends, attributes, paths, comments, prefixes", () => {
  const m3u =
    '#EXTM3U\r\n#EXTINF:-1 tvg-id="x" group,Radio One\r\nhttp://r.example/1\r\n\r\nC:\\Music\\A%20Side.mp3\r\n';
  expect(readPlaylist(m3u).document.tracks).toEqual([
    { artist: "", title: "Radio One", durationMs: null, identifier: "http://r.example/1" },
    { artist: "", title: "A Side", durationMs: null, identifier: "C:\\Music\\A%20Side.mp3" },
  ]);
  expect(readPlaylist("https://a.example/100%.mp3\n").document.tracks).toMatchObject([{ title: "100%" }]);
  const xspf = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><!-- <track> --><p:playlist><p:trackList><p:track>
    <p:title><![CDATA[A & B]]></p:title><p:creator>&a;&#x266B;&#9834;</p:creator><p:duration>soon</p:duration></p:track></p:trackList></p:playlist>`;
  expect(readPlaylist(xspf).document.tracks).toEqual([
    { artist: "&a;♫♪", title: "A & B", durationMs: null, identifier: "&a;♫♪ A & B" },
  ]);
});

test("an import keeps the playlist and says which places were none", async () => {
  const long = { ...glass, title: "x".repeat(1_001) };
  const text = createJspfPlaylist({ title: "Evening", tracks: [glass, { ...glass, title: "" }, long, words] });
  const report = await run(text);
  expect(report).toMatchObject({ format: "jspf", name: "Evening", tracks: 2, invalid: 2, invalidPlaces: [2, 3] });
  expect(await store.getPlaylistTracks(report.playlistId)).toEqual([glass, words]);
  expect(await store.getUserPlaylists("ada")).toMatchObject([{ name: "Evening", type: "imported", trackCount: 2 }]);
});

test.each([
  ["a text", "To whom it may concern,\nhello"],
  ["a page", "<!doctype html><title>403</title>"],
  ["JSON of something else", '{"a":1}'],
  ["JSON that is broken", '{"playlist":'],
  ["nothing", ""],
])("%s is no playlist", async (_, text) => {
  await expect(run(text)).rejects.toMatchObject({ code: "RECOMMENDER_IMPORT_FORMAT_UNKNOWN" });
  expect(await store.getUserPlaylists("ada")).toEqual([]);
});

test("a playlist without bounds is refused", async () => {
  const endless = (function* () {
    yield new TextEncoder().encode("#EXTM3U\n");
    for (;;) yield new TextEncoder().encode("#".repeat(1024 * 1024));
  })();
  const unreadable = { code: "RECOMMENDER_IMPORT_UNREADABLE" };
  await expect(importPlaylist(endless, { store, userId: "ada" })).rejects.toMatchObject(unreadable);
  await expect(run(`#EXTM3U\n${"a\n".repeat(10_001)}`)).rejects.toMatchObject(unreadable);
});

test("XML without an end is read in one go", () => {
  const text = `<playlist>${"<!--<![CDATA[<a".repeat(200_000)}`;
  expect(readPlaylist(text).document.tracks).toEqual([]);
});
