import { expect, test } from "vitest";
import { importHistory } from "../importers/index.ts";
import { openSqliteHistoryStore } from "../store/index.ts";
import { sampleScrobbles, toScrobblesCsv } from "./sample-scrobbles.ts";

test("a fixture of sample scrobbles: the same for a seed, with favourites, sessions and repeats", () => {
  const scrobbles = sampleScrobbles();
  expect(scrobbles).toHaveLength(100);
  expect(sampleScrobbles()).toEqual(scrobbles);
  expect(sampleScrobbles({ seed: 2 })).not.toEqual(scrobbles);
  const times = scrobbles.map(({ playedAtMs }) => playedAtMs);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
  const gaps = times.slice(1).filter((atMs, index) => atMs - (times[index] ?? 0) > 3_600_000);
  expect(gaps).toHaveLength(8);
  const tracks = new Set(scrobbles.map(({ artist, title }) => `${artist} ${title}`));
  expect(tracks.size).toBeGreaterThan(10);
  expect(tracks.size).toBeLessThan(80);
  expect(sampleScrobbles({ count: 3, username: "bea", startMs: 0 })[0]).toMatchObject({
    username: "bea",
    playedAtMs: 0,
  });
});

test("the fixture imports as what it is", async () => {
  const scrobbles = sampleScrobbles({ count: 200 });
  await using store = openSqliteHistoryStore({ path: ":memory:" });
  const csv = new TextEncoder().encode(toScrobblesCsv(scrobbles));
  const report = await importHistory([csv], { store, userId: "ada" });
  expect(report).toMatchObject({ inserted: 200, duplicate: 0, invalidRows: [] });
  expect(await store.getUserStats("ada")).toMatchObject({
    totalScrobbles: 200,
    uniqueArtists: new Set(scrobbles.map(({ artist }) => artist)).size,
  });
});
