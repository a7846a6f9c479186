import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { openDataFile } from "./data-file.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-data-"));
afterAll(() => rmSync(folder, { recursive: true }));
const schema = z.object({ version: z.literal(1), names: z.array(z.string()) });
const initial = { version: 1 as const, names: [] };

test("what was written is read again, the last of several last", async () => {
  const path = join(folder, "deep", "names.json");
  const file = await openDataFile(path, schema, initial);
  expect(file.value).toBe(initial);
  await Promise.all(["a", "b", "c"].map((name) => file.write({ version: 1, names: [name] })));
  expect(file.value.names).toEqual(["c"]);
  expect((await openDataFile(path, schema, initial)).value.names).toEqual(["c"]);
});

test.each(["{", "[]", '{"version":2,"names":[]}', '{"version":1,"names":[7]}'])(
  "a file of %j is refused and stays",
  async (text) => {
    const path = join(folder, "broken.json");
    writeFileSync(path, text);
    await expect(openDataFile(path, schema, initial)).rejects.toMatchObject({ code: "BOT_DATA_UNREADABLE" });
    expect(readFileSync(path, "utf8")).toBe(text);
  },
);
