import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAntiphonError } from "@antiphon/std";
import { afterAll, describe, expect, test } from "vitest";
import { describeCacheLevel } from "./cache-level.contract.ts";
import { openDiskLevel } from "./disk-level.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-disk-level-"));
let files = 0;
const newPath = () => join(folder, `${files++}`, "cache.sqlite");
const entry = { freshUntilMs: Infinity, expiresAtMs: Infinity, tags: ["t"], isNegative: false };

afterAll(() => rmSync(folder, { recursive: true }));

describe("the level on disk", () => {
  describeCacheLevel((clock) => openDiskLevel({ path: newPath(), clock }));

  test("outlives the process that filled it, with its order of use", async () => {
    const path = newPath();
    const first = await openDiskLevel({ path, maxEntries: 3 });
    for (const key of ["a", "b", "c"]) await first.set(key, { ...entry, value: key });
    await first.get("a");
    await first.close();
    const second = await openDiskLevel({ path, maxEntries: 2 });
    expect(second.stats()).toMatchObject({ entries: 2, evictions: 1 });
    expect((await second.get("a"))?.value).toBe("a");
    expect(await second.get("b")).toBeUndefined();
    await second.close();
    await expect(async () => second.get("a")).rejects.toMatchObject({ code: "CACHE_CLOSED" });
  });

  test("is bounded by entries and by bytes", async () => {
    const level = await openDiskLevel({ path: newPath(), maxEntries: 10, maxBytes: 10_000 });
    for (let index = 0; index < 25; index++) await level.set(`key:${index}`, { ...entry, value: index });
    expect(level.stats()).toMatchObject({ entries: 10, evictions: 15 });
    await level.set("large", { ...entry, value: new Uint8Array(9_850) });
    expect(level.stats().entries).toBe(1);
    await level.set("large", { ...entry, value: new Uint8Array(10_000) });
    expect(level.stats()).toMatchObject({ entries: 0, sizeBytes: 0 });
    await level.close();
  });

  test("refuses a file that another cache has open", async () => {
    const path = newPath();
    const level = await openDiskLevel({ path });
    await expect(openDiskLevel({ path })).rejects.toSatisfy((error) => isAntiphonError(error, "CACHE_DISK_IN_USE"));
    await level.close();
    await (await openDiskLevel({ path })).close();
  });

  test("replaces a file that is no database", async () => {
    const path = join(folder, "broken.sqlite");
    writeFileSync(path, "this is not a database, and long enough to be looked at".repeat(100));
    const level = await openDiskLevel({ path });
    await level.set("key", { ...entry, value: 1 });
    expect((await level.get("key"))?.value).toBe(1);
    await level.close();
  });

  test("says what is wrong with its options, a path that cannot be, and a value that cannot be stored", async () => {
    await expect(openDiskLevel({ path: newPath(), maxBytes: 0 })).rejects.toMatchObject({
      code: "CACHE_OPTIONS_INVALID",
    });
    await expect(openDiskLevel({ path: folder })).rejects.toMatchObject({ code: "CACHE_DISK_FAILED" });
    const level = await openDiskLevel({ path: newPath() });
    await expect(async () => level.set("key", { ...entry, value: () => 1 })).rejects.toMatchObject({
      code: "CACHE_VALUE_NOT_STORABLE",
    });
    await level.close();
  });
});
