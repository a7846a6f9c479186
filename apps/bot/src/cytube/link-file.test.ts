import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readLinks, writeLinks } from "./link-file.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-links-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("what was written is read, and nothing is no links", async () => {
  const path = join(folder, "deep", "links.json");
  const links = [{ guildId: "1", channelId: "2", cytubeChannel: "lounge" }];
  expect(await readLinks(path)).toEqual([]);
  await writeLinks(path, links);
  expect(await readLinks(path)).toEqual(links);
});

test.each(["{", "[]", '{"version":2,"links":[]}', '{"version":1,"links":[{"guildId":"x"}]}'])(
  "a file of %j is refused and stays",
  async (text) => {
    const path = join(folder, "broken.json");
    writeFileSync(path, text);
    await expect(readLinks(path)).rejects.toMatchObject({ code: "BOT_DATA_UNREADABLE" });
  },
);
