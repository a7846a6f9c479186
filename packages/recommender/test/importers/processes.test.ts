import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { importCsv, type ImportProgress } from "../../src/importers/import-history.ts";
import { openSqliteHistoryStore } from "../../src/store/sqlite-history-store.ts";

const child = fileURLToPath(new URL("import-child.ts", import.meta.url));
const ROWS = 30_000;
const BATCH_ROWS = 5_000;

let folder: string;
let database: string;
let csv: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "antiphon-import-processes-"));
  database = join(folder, "history.sqlite");
  csv = join(folder, "scrobbles.csv");
  const row = (index: number) => `artist ${index % 300},track ${index % 7_000},${1_400_000_000 + index * 60}`;
  writeFileSync(csv, `artist,track,uts\n${Array.from({ length: ROWS }, (_, index) => row(index)).join("\n")}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Imports in a process of its own, which is killed as soon as it has said so often what it has committed. */
async function importInProcess(killAfter = Infinity): Promise<ImportProgress | undefined> {
  const importing = spawn(
    process.execPath,
    ["--conditions=@antiphon/source", child, database, csv, String(killAfter)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const ended = once(importing, "exit");
  let said = 0;
  let last: ImportProgress | undefined;
  for await (const line of createInterface({ input: importing.stdout })) {
    last = JSON.parse(line) as ImportProgress;
    if (++said === killAfter) importing.kill("SIGKILL");
  }
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  expect(signal ?? code).toBe(killAfter === Infinity ? 0 : "SIGKILL");
  return last;
}

async function kept(): Promise<number> {
  await using store = openSqliteHistoryStore({ path: database });
  return (await store.getUserStats("ada")).totalScrobbles;
}

test("an import that is killed loses and doubles no row, however often, and can be resumed", async () => {
  let before = 0;
  for (const killAfter of [1, 2]) {
    const said = await importInProcess(killAfter);
    const now = await kept();
    // Whole batches, and all that was said to be committed.
    expect(now % BATCH_ROWS).toBe(0);
    expect(now).toBeGreaterThanOrEqual(Math.max(before, said?.rows ?? ROWS));
    before = now;
  }
  await using store = openSqliteHistoryStore({ path: database });
  const report = await importCsv(csv, { store, userId: "ada", skipRows: before });
  expect(report).toMatchObject({ rows: ROWS, inserted: ROWS - before, duplicate: 0, invalid: 0 });
  expect(await importInProcess()).toMatchObject({ rows: ROWS, inserted: 0, duplicate: ROWS });
  expect(await kept()).toBe(ROWS);
  expect((await store.listenerStats("ada")).plays).toBe(0);
});

test("processes that import the same file at once keep every listen once", async () => {
  const reports = await Promise.all([importInProcess(), importInProcess(), importInProcess()]);
  expect(reports.reduce((sum, report) => sum + (report?.inserted ?? 0), 0)).toBe(ROWS);
  expect(reports.map((report) => report?.rows)).toEqual([ROWS, ROWS, ROWS]);
  expect(await kept()).toBe(ROWS);
});

test("an import that fills the disk says so, keeps whole batches, and goes on when there is room", async () => {
  const full = openSqliteHistoryStore({ path: database, maximumBytes: 2_000_000 });
  await expect(importCsv(csv, { store: full, userId: "ada" })).rejects.toMatchObject({
    code: "RECOMMENDER_STORE_FULL",
    retryable: true,
  });
  const { totalScrobbles } = await full.getUserStats("ada");
  await full.close();
  expect(totalScrobbles).toBeGreaterThan(0);
  expect(totalScrobbles % BATCH_ROWS).toBe(0);
  await using roomy = openSqliteHistoryStore({ path: database });
  expect(await importCsv(csv, { store: roomy, userId: "ada" })).toMatchObject({
    inserted: ROWS - totalScrobbles,
    duplicate: totalScrobbles,
  });
});
