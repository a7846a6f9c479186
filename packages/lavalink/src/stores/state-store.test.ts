import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openFileStore } from "./file-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { describeStateStore } from "./state-store.contract.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "antiphon-state-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describeStateStore("memory", () => Promise.resolve(createMemoryStore()));
describeStateStore("sqlite", () => Promise.resolve(openSqliteStore({ path: ":memory:" })));
describeStateStore("file", async () => openFileStore({ folder: await temporaryFolder() }));

test("files and databases are there for the next process", async () => {
  const folder = await temporaryFolder();
  const file = await openFileStore({ folder: join(folder, "deep", "state") });
  await file.set("a", "1");
  await file.close();
  expect(await (await openFileStore({ folder: join(folder, "deep", "state") })).entries()).toEqual(
    new Map([["a", "1"]]),
  );
  const path = join(folder, "state.db");
  await openSqliteStore({ path }).set("a", "1");
  await using again = openSqliteStore({ path });
  expect(await again.entries()).toEqual(new Map([["a", "1"]]));
});

test("files are private, and what a dead process left half written is not read", async () => {
  const folder = await temporaryFolder();
  await using store = await openFileStore({ folder });
  await store.set("a", "1");
  const half = ".00000000-0000-4000-8000-000000000000.tmp";
  await writeFile(join(folder, half), "{");
  expect(await store.entries()).toEqual(new Map([["a", "1"]]));
  expect((await readdir(folder)).toSorted()).toEqual([half, "a.json"]);
  expect((await stat(join(folder, "a.json"))).mode & 0o777).toBe(0o600);
  await using _next = await openFileStore({ folder });
  expect(await readdir(folder)).toEqual(["a.json"]);
});

test("says which place cannot be used", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "file");
  await writeFile(file, "no database, no folder");
  const refusal = (place: string) => ({
    code: "LAVALINK_STORE_FAILED",
    message: expect.stringContaining(place),
    details: { place },
  });
  for (const path of [join(folder, "missing", "state.db"), file])
    expect(() => openSqliteStore({ path })).toThrow(expect.objectContaining(refusal(path)));
  await expect(openFileStore({ folder: file })).rejects.toMatchObject(refusal(file));
});
