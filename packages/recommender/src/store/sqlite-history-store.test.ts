import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { describeHistoryStore, playOf } from "./history-store.contract.ts";
import { describeListeningLog } from "./listening-log.contract.ts";
import { openSqliteHistoryStore } from "./sqlite-history-store.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-recommender-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, `history-${files++}`, "plays.sqlite");

describeHistoryStore("SQLite file", async () => openSqliteHistoryStore({ path: newPath() }));
describeListeningLog("SQLite file", async () => openSqliteHistoryStore({ path: newPath() }));
describeHistoryStore("SQLite in memory", async () => openSqliteHistoryStore({ path: ":memory:" }));

test("a second process finds what the first has recorded", async () => {
  const path = newPath();
  const first = openSqliteHistoryStore({ path });
  await first.recordPlay(playOf());
  await using second = openSqliteHistoryStore({ path });
  expect(await second.recentPlays("guild")).toHaveLength(1);
  await first.close();
  expect(await second.recordPlay(playOf({ startedAtMs: 5_000 }))).toBe(true);
});

test("a file that is no database is refused and left alone", () => {
  const path = join(folder, "notes.txt");
  writeFileSync(path, "not a database, but long enough to be read as the header of one ".repeat(20));
  expect(() => openSqliteHistoryStore({ path })).toThrow(
    expect.objectContaining({ code: "RECOMMENDER_STORE_UNAVAILABLE" }),
  );
});

test("a path that cannot be written is refused with the path in the message", () => {
  expect(() => openSqliteHistoryStore({ path: "/dev/null/plays.sqlite" })).toThrow(/\/dev\/null\/plays\.sqlite/);
});

test("a database from a newer version is refused", () => {
  const path = join(folder, "newer.sqlite");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => openSqliteHistoryStore({ path })).toThrow(
    expect.objectContaining({ code: "RECOMMENDER_STORE_TOO_NEW" }),
  );
});

test("what is forgotten stands in no table any more", async () => {
  const path = newPath();
  const store = openSqliteHistoryStore({ path });
  const track = { ...playOf({ title: "secret title" }).track, identifier: "secret file" };
  await store.getOrCreateUser("secret user", { displayName: "secret name" });
  await store.recordScrobbles("secret user", [{ track, album: "secret album", startedAtMs: 1 }]);
  const playlistId = await store.createPlaylist({
    userId: "secret user",
    name: "secret list",
    description: "secret words",
  });
  await store.addTracksToPlaylist(playlistId, [track]);
  await store.setTrackTags(await store.getOrCreateTrack(track), [{ name: "secret tag", weight: 1 }]);
  await store.recordPlay(playOf({ userId: "secret user" }));
  await store.recordPlay(playOf({ userId: "other", startedAtMs: 2_000, title: "Glass" }));
  await store.forgetListener("secret user");
  await store.close();
  const database = new DatabaseSync(path);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM ${String(name)}`).all());
  database.close();
  expect(tables.length).toBeGreaterThanOrEqual(7);
  expect(JSON.stringify(rows)).not.toContain("secret");
  expect(JSON.stringify(rows)).toContain("Glass");
});

test("a store with no room left refuses what it cannot keep whole, and goes on when there is room", async () => {
  const path = newPath();
  const scrobbles = Array.from({ length: 5_000 }, (_, index) => ({
    track: playOf({ title: `a title of some length, number ${index}` }).track,
    startedAtMs: index,
  }));
  const full = openSqliteHistoryStore({ path, maximumBytes: 400_000 });
  await full.recordScrobbles("user", scrobbles.slice(0, 100));
  await expect(full.recordScrobbles("user", scrobbles)).rejects.toMatchObject({
    code: "RECOMMENDER_STORE_FULL",
    retryable: true,
  });
  expect((await full.getUserStats("user")).totalScrobbles).toBe(100);
  await full.close();
  await using roomy = openSqliteHistoryStore({ path });
  expect(await roomy.recordScrobbles("user", scrobbles)).toEqual({ inserted: 4_900, duplicate: 100 });
});

test("a store that another process has shortened does not build on what it remembers", async () => {
  const path = newPath();
  await using first = openSqliteHistoryStore({ path });
  await using second = openSqliteHistoryStore({ path });
  const { track } = playOf();
  await first.recordScrobbles("leaving", [{ track, startedAtMs: 1 }]);
  await second.forgetListener("leaving");
  await first.recordScrobbles("staying", [{ track, startedAtMs: 2 }]);
  expect(await second.recentListens("staying")).toHaveLength(1);
});
