import { createManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { importHistory } from "../importers/import-history.ts";
import { playOf } from "../store/history-store.contract.ts";
import type { HistoryStore } from "../store/history-store.ts";
import { openSqliteHistoryStore } from "../store/sqlite-history-store.ts";
import { exportHistory, type ExportHistoryOptions } from "./export-history.ts";
import { exportOwnData } from "./export-own-data.ts";

const startMs = Date.UTC(2020, 10, 20, 9, 35);
let store: HistoryStore;
beforeEach(() => {
  store = openSqliteHistoryStore({ path: ":memory:" });
});
afterEach(() => store.close());

const textOf = async (pieces: AsyncIterable<string>) => (await Array.fromAsync(pieces)).join("");
const exported = (options: ExportHistoryOptions) => textOf(exportHistory(store, "ada", options));
const titles = ['say "hi", now', "two\nlines", "光", " spaced "];

async function record(names: readonly string[]) {
  await store.recordScrobbles(
    "ada",
    names.map((title, index) => ({
      track: { ...playOf({ title }).track, identifier: "https://a.example/1" },
      album: "Windows",
      startedAtMs: startMs + index * 60_000,
    })),
  );
}

test("a CSV as Last.fm's exporters write it", async () => {
  await record(["Glass"]);
  expect(await exported({ format: "csv" })).toBe(
    "uts,utc_time,artist,album,track\r\n1605864900,2020-11-20 09:35:00,Mara Lind,Windows,Glass\r\n",
  );
});

test("cells that a spreadsheet would run are texts, unless programs alone read them", async () => {
  await record(["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\uFF1D1"]);
  const rows = (await exported({ format: "csv" })).trim().split("\r\n").slice(1);
  expect(rows.map((row) => row.split(",Windows,")[1]?.[0])).toEqual(["'", "'", "'", "'", "'"]);
  expect(await exported({ format: "csv", neutraliseFormulas: false })).toContain("Windows,+1\r\n");
});

test.each(["csv", "listenBrainz"] as const)("%s comes back as it was", async (format) => {
  await record([...titles, ...Array.from({ length: 1_200 }, (_, index) => `title ${index}`)]);
  const pieces = await Array.fromAsync(exportHistory(store, "ada", { format }));
  expect(pieces.length).toBeGreaterThan(2);
  await using other = openSqliteHistoryStore({ path: ":memory:" });
  const clock = createManualClock({ startMs: Date.UTC(2026, 0, 1) });
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  const report = await importHistory(bytes, { store: other, userId: "ada", clock });
  expect(report).toMatchObject({ format, inserted: 1_204, duplicate: 0, invalid: 0 });
  const keys = async (each: HistoryStore) =>
    (await Array.fromAsync(each.listens("ada"))).map(({ key, startedAtMs }) => [key, startedAtMs]);
  expect(await keys(other)).toEqual(await keys(store));
});

test("somebody's own data are all that is kept about them, and nothing of others", async () => {
  await record(["Glass"]);
  await store.getOrCreateUser("ada", { displayName: "Ada <3" });
  await store.recordPlay(playOf({ userId: "ada", heardRatio: 0.1, title: "skipped" }));
  await store.recordPlay(playOf({ userId: "bea", title: "hers", startedAtMs: 5 }));
  const playlistId = await store.createPlaylist({ userId: "ada", name: "mine" });
  await store.addTracksToPlaylist(playlistId, [playOf({ title: "listed" }).track]);
  const data = JSON.parse(await textOf(exportOwnData(store, "ada"))) as Record<string, unknown>;
  expect(data).toMatchObject({
    userId: "ada",
    displayName: "Ada <3",
    stats: { totalScrobbles: 2, playlistsCount: 1 },
    playlists: [{ name: "mine", tracks: [{ title: "listed" }] }],
    plays: [{ heardRatio: 0.1, track: { title: "skipped" } }],
    listens: [{ album: "Windows", track: { title: "Glass" } }],
  });
  expect(JSON.stringify(data)).not.toContain("hers");
  await store.forgetListener("ada");
  expect(JSON.parse(await textOf(exportOwnData(store, "ada")))).toMatchObject({
    displayName: null,
    plays: [],
    listens: [],
    playlists: [],
  });
});
