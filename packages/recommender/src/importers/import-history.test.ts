import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HistoryStore } from "../store/history-store.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import { trackKey } from "../track-key.ts";
import { importCsv, importHistory, type ImportHistoryOptions, type ImportProgress } from "./import-history.ts";

const clock = createManualClock({ startMs: Date.UTC(2026, 0, 10) });
let store: HistoryStore;
beforeEach(() => {
  store = openSqliteHistoryStore({ path: ":memory:" });
});
afterEach(() => store.close());

const run = (content: string | Uint8Array, options: Partial<ImportHistoryOptions> = {}) =>
  importHistory([typeof content === "string" ? new TextEncoder().encode(content) : content], {
    store,
    userId: "ada",
    clock,
    ...options,
  });
const heard = async () => (await Array.fromAsync(store.histories()))[0]?.itemIds ?? [];

/** A CSV of so many rows, a minute apart. */
const longCsv = (rows: number) =>
  `artist,track,uts\n${Array.from({ length: rows }, (_, index) => `artist ${index % 50},track ${index % 500},${1_500_000_000 + index * 60}`).join("\n")}\n`;
const interruption = new AbortController();

test.each([
  ["without a header", "Björk,Debut,Human Behaviour,20 Nov 2020 09:35\n"],
  ["without a header or an album", 'Björk,Human Behaviour,"20 Nov 2020, 09:35"\n'],
  ["with the date first", "1605864900,Björk,Debut,Human Behaviour\n"],
  [
    "ghan.nl",
    'uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\r\n"1605864900","20 Nov 2020, 09:35","Björk","","Debut","","Human Behaviour",""\r\n',
  ],
  ["with semicolons and a mark", "\uFEFFArtist;Album;Track;Date\nBjörk;Debut;Human Behaviour;2020-11-20 09:35:00\n"],
  ["with tabs", "artist_name\ttrack_name\tplayed_at\nBjörk\tHuman Behaviour\t2020-11-20T09:35:00Z\n"],
])("Last.fm CSV %s", async (_, csv) => {
  expect(await run(csv)).toMatchObject({ format: "csv", inserted: 1, invalid: 0 });
  expect(await heard()).toEqual([trackKey("Björk", "Human Behaviour")]);
});

test("a row is counted once as what it is, with its line", async () => {
  const csv = [
    "artist,album,track,date",
    "A,,playing now,",
    "A,,one,20 Nov 2020 09:35",
    "A,,one,20 Nov 2020 09:35",
    "A,,offline,01 Jan 1970 00:00",
    "A,,from the future,01 Jan 2100 00:00",
    ",,no artist,20 Nov 2020 09:36",
    "A,,,20 Nov 2020 09:37",
    "A,,when?,soon",
    "A,,short row",
    `A,,${"x".repeat(2_000)},20 Nov 2020 09:38`,
    "宇多田ヒカル,,光,20 Nov 2020 09:39",
  ].join("\n");
  const report = await run(csv);
  expect(report).toMatchObject({ rows: 11, inserted: 2, duplicate: 1, ignored: 1, invalid: 7 });
  expect(report.invalidRows).toEqual([
    { line: 5, problem: "dateOutOfRange" },
    { line: 6, problem: "dateOutOfRange" },
    { line: 7, problem: "noArtist" },
    { line: 8, problem: "noTitle" },
    { line: 9, problem: "badDate" },
    { line: 10, problem: "noDate" },
    { line: 11, problem: "tooLong" },
  ]);
  expect(report.problems).toMatchObject({ nowPlaying: 1, dateOutOfRange: 2 });
  expect(await run(csv)).toMatchObject({ inserted: 0, duplicate: 3 });
});

test("ListenBrainz listens, on lines and in an answer of its server", async () => {
  const listen = (title: string, more = {}) => ({
    listened_at: 1_605_864_900,
    track_metadata: {
      artist_name: "A",
      track_name: title,
      release_name: "R",
      additional_info: { duration_ms: 60_000 },
    },
    ...more,
  });
  const lines = [listen("one"), { ...listen("now"), listened_at: undefined }, { other: 1 }].map((row) =>
    JSON.stringify(row),
  );
  expect(await run(lines.join("\n"))).toMatchObject({ format: "listenBrainz", inserted: 1, ignored: 1, invalid: 1 });
  const answer = JSON.stringify({ payload: { listens: [listen("one"), listen("two")] } }, null, 2);
  expect(await run(answer)).toMatchObject({ inserted: 1, duplicate: 1 });
  const key = trackKey("A", "one");
  expect((await store.tracks([key])).get(key)?.durationMs).toBe(60_000);
});

test("Spotify's extended history and its short one", async () => {
  const play = (name: string | null, playedMs: number, ts = "2020-11-20T09:35:00Z") => ({
    ts,
    ms_played: playedMs,
    master_metadata_track_name: name,
    master_metadata_album_artist_name: "A",
    spotify_track_uri: "spotify:track:1",
    episode_name: null,
  });
  const extended = JSON.stringify([play("skipped", 900), play("heard", 60_000), play(null, 60_000)]);
  expect(await run(extended)).toMatchObject({
    format: "spotify",
    inserted: 1,
    ignored: 2,
    problems: { tooShort: 1, notMusic: 1 },
  });
  const short = JSON.stringify([
    { endTime: "2020-11-20 09:35", artistName: "A", trackName: "heard", msPlayed: 60_000 },
  ]);
  // The same play: both dates are its end.
  expect(await run(short)).toMatchObject({ inserted: 0, duplicate: 1 });
});

test("YouTube Music's takeout, without the videos", async () => {
  const watch = (header: string) => ({
    header,
    title: "Watched Glass",
    titleUrl: "https://music.youtube.com/watch?v=1",
    subtitles: [{ name: "Mara Lind - Topic" }],
    time: "2020-11-20T09:35:00.123Z",
  });
  const takeout = JSON.stringify([watch("YouTube"), watch("YouTube Music")], null, 1);
  expect(await run(takeout)).toMatchObject({ format: "youTubeMusic", inserted: 1, problems: { notMusic: 1 } });
  expect(await heard()).toEqual([trackKey("Mara Lind", "Glass")]);
});

test.each([
  ["nothing", ""],
  ["a text", "To whom it may concern,\nthis is a letter.\n"],
  ["a page", "<!doctype html><title>403</title>"],
  ["JSON of something else", '[{"a":1},{"b":2}]'],
  ["JSON that is broken", '{"listened_at": '],
  ["a header without rows that could be dated", "artist,album,track\n"],
])("%s is no history", async (_, content) => {
  await expect(run(content)).rejects.toMatchObject({ code: "RECOMMENDER_IMPORT_FORMAT_UNKNOWN" });
});

test("bytes that are no text, and a source that fails, are unreadable", async () => {
  await expect(run(new Uint8Array(5_000))).rejects.toMatchObject({ code: "RECOMMENDER_IMPORT_UNREADABLE" });
  const failing = (async function* () {
    yield new TextEncoder().encode("artist,track,date\nA,one,20 Nov 2020 09:35\n");
    throw new Error("the disk went away");
  })();
  await expect(importHistory(failing, { store, userId: "ada", clock })).rejects.toMatchObject({
    code: "RECOMMENDER_IMPORT_UNREADABLE",
    message: expect.stringContaining("the disk went away"),
  });
});

test.each([
  ["a history of another format", "To whom it may concern,\n", {}],
  [
    "one that is ended",
    longCsv(5_000),
    { onProgress: () => interruption.abort(new Error("enough")), signal: interruption.signal },
  ],
])("the source of %s is closed", async (_, text, options) => {
  let isOpen = true;
  const source = (async function* () {
    try {
      for (;;) yield new TextEncoder().encode(text);
    } finally {
      isOpen = false;
    }
  })();
  await expect(importHistory(source, { store, userId: "ada", clock, ...options })).rejects.toThrow();
  expect(isOpen).toBe(false);
});

test("other encodings are read, and what cannot be is counted", async () => {
  const csv = "artist,track,date\nBjörk,Jóga,20 Nov 2020 09:35\n";
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(csv, "utf16le")]);
  expect(await run(utf16)).toMatchObject({ inserted: 1 });
  expect(await run(Buffer.from(csv, "latin1"))).toMatchObject({ duplicate: 1 });
  const late = [new TextEncoder().encode("artist,track,date\n"), Buffer.from("B\xf6,x,20 Nov 2020 09:35\n", "latin1")];
  const report = await importHistory(late, { store, userId: "ada", clock });
  expect(report.invalidRows).toEqual([{ line: 2, problem: "notText" }]);
});

test("formula cells, markup and SQL are kept as the texts that they are", async () => {
  const csv = `artist,track,date\n"=cmd|' /C calc'!A0","<img src=x onerror=1>",20 Nov 2020 09:35\n"'; DROP TABLE track; --",x,20 Nov 2020 09:36\n`;
  expect(await run(csv)).toMatchObject({ inserted: 2, invalid: 0 });
  expect((await store.getUserStats("ada")).totalScrobbles).toBe(2);
});

test("an import that was ended can be run again, from where it was", async () => {
  const csv = longCsv(25_000);
  const ending = new AbortController();
  const steps: ImportProgress[] = [];
  const onProgress = (progress: ImportProgress) => {
    steps.push(progress);
    if (progress.rows === 20_000) ending.abort(new Error("enough"));
  };
  await expect(run(csv, { onProgress, signal: ending.signal })).rejects.toThrow("enough");
  expect((await store.getUserStats("ada")).totalScrobbles).toBe(20_000);
  expect(await run(csv, { skipRows: steps.at(-1)?.rows })).toMatchObject({
    rows: 25_000,
    inserted: 5_000,
    duplicate: 0,
  });
  expect(await run(csv)).toMatchObject({ inserted: 0, duplicate: 25_000 });
});

test("two imports at once keep every listen once", async () => {
  const csv = longCsv(12_000);
  const reports = await Promise.all([run(csv), run(csv)]);
  expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(12_000);
  expect((await store.getUserStats("ada")).totalScrobbles).toBe(12_000);
});

test("a CSV file, and one that is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-import-"));
  try {
    const path = join(folder, "scrobbles.csv");
    writeFileSync(path, longCsv(10));
    expect(await importCsv(path, { store, userId: "ada", clock })).toMatchObject({ inserted: 10 });
    writeFileSync(path, '{"listened_at":1605864900,"track_metadata":{"artist_name":"A","track_name":"b"}}');
    const unknown = { code: "RECOMMENDER_IMPORT_FORMAT_UNKNOWN" };
    await expect(importCsv(path, { store, userId: "ada", clock })).rejects.toMatchObject(unknown);
    const unreadable = { code: "RECOMMENDER_IMPORT_UNREADABLE" };
    await expect(importCsv(join(folder, "none"), { store, userId: "ada", clock })).rejects.toMatchObject(unreadable);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
