import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadConfig } from "./load-config.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-bot-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = join(folder, `${Math.abs(text.length)}-${text.slice(0, 4).replace(/\W/g, "_")}.json`);
  writeFileSync(file, text);
  return file;
}

test("a token is enough", async () => {
  expect(await loadConfig({ environment: { DISCORD_TOKEN: "t" } })).toMatchObject({
    discord: { token: "t", client: "core", api: "https://discord.com/api" },
    bus: { transport: "memory", app: "bot" },
    dataDirectory: "data",
    logLevel: "info",
  });
});

test("the environment wins over the file", async () => {
  const file = fileOf(JSON.stringify({ discord: { token: "file", client: "discord.js" }, logLevel: "debug" }));
  const config = await loadConfig({
    file,
    environment: { DISCORD_TOKEN: "environment", LAVALINK_HOST: "node", LAVALINK_SECURE: "true" },
  });
  expect(config.discord).toMatchObject({ token: "environment", client: "discord.js" });
  expect(config.audio.lavalink).toEqual({ host: "node", port: 2333, password: "youshallnotpass", secure: true });
  expect(config.logLevel).toBe("debug");
});

test("a missing token is asked for by its variable", async () => {
  await expect(loadConfig({ environment: {} })).rejects.toThrow(/DISCORD_TOKEN/);
});

test("each wrong field has a line, named as it was written, and no value is shown", async () => {
  const environment = { DISCORD_TOKEN: "s3cret", ANTIPHON_CLIENT: "eris", LAVALINK_HOST: "h", LAVALINK_PORT: "99999" };
  const failure = await loadConfig({ environment }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "BOT_CONFIG_INVALID" });
  expect(String(failure)).toMatch(/ANTIPHON_CLIENT: .*\n.*LAVALINK_PORT: /s);
  expect(String(failure)).not.toContain("s3cret");
});

test("a misspelt field is refused with its place", async () => {
  const file = fileOf(JSON.stringify({ discord: { token: "t" }, logLevle: "debug" }));
  await expect(loadConfig({ file, environment: {} })).rejects.toThrow(/logLevle/);
});

test.each(["", "{", "[1]", "null"])("a file of %j is refused", async (text) => {
  await expect(loadConfig({ file: fileOf(text), environment: {} })).rejects.toMatchObject({
    code: "BOT_CONFIG_UNREADABLE",
  });
});

test("a missing file is named", async () => {
  await expect(loadConfig({ file: join(folder, "nowhere.json"), environment: {} })).rejects.toThrow(/nowhere\.json/);
});
