import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { describeHistoryStore, playOf } from "./history-store.contract.ts";
import { openSqliteHistoryStore } from "./sqlite-history-store.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-recommender-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, `history-${files++}`, "plays.sqlite");

describeHistoryStore("SQLite file", async () => openSqliteHistoryStore({ path: newPath() }));
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
