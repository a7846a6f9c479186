import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { createSeededRandom } from "@antiphon/std";
import { afterAll, describe, expect, test } from "vitest";
import { openDiskLevel } from "../src/cache/index.ts";

const writer = fileURLToPath(new URL("disk-writer.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "antiphon-disk-chaos-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the writer, kills it after so many bytes of reports, and gives the keys whose writes were reported as done. */
async function writeUntilKilled(path: string, seed: number, afterBytes: number): Promise<string[]> {
  const flags = ["--conditions=@antiphon/source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, writer, path, String(seed)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.length > afterBytes) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  return output.split("\n").slice(0, -1);
}

describe("a disk level whose process is killed while it writes", () => {
  test("keeps every write that was done, and no half of one", async () => {
    const path = join(folder, "cache.sqlite");
    const random = createSeededRandom(11);
    const done: string[] = [];
    for (let seed = 0; seed < 5; seed++) done.push(...(await writeUntilKilled(path, seed, random.integer(100, 4_000))));
    expect(done.length).toBeGreaterThan(50);

    const level = await openDiskLevel({ path, maxEntries: 100_000 });
    for (const key of done) expect((await level.get(key))?.value).toMatchObject({ key });
    const { entries, sizeBytes } = level.stats();
    // The write that was cut short may have been done, but not reported.
    expect(entries).toBeGreaterThanOrEqual(done.length);
    await level.close();

    const database = new DatabaseSync(path);
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    const totals = database.prepare("SELECT count(*) AS entries, sum(length(entry)) AS sizeBytes FROM entries").get();
    expect(totals).toEqual({ entries, sizeBytes });
    const orphans = "SELECT count(*) AS orphans FROM tags WHERE key NOT IN (SELECT key FROM entries)";
    expect(database.prepare(orphans).get()).toEqual({ orphans: 0 });
    database.close();
  });
});
