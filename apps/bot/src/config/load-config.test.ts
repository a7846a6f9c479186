import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openBotConfig, type BotConfigOptions } from "./load-config.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-bot-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = join(folder, `${Math.abs(text.length)}-${text.slice(0, 4).replace(/\W/g, "_")}.json`);
  writeFileSync(file, text);
  return file;
}

async function loadConfig(options: BotConfigOptions) {
  using config = await openBotConfig(options);
  return config.value;
}

test("a token is enough", async () => {
  expect(await loadConfig({ environment: { DISCORD_TOKEN: "t" } })).toMatchObject({
    application: { name: "antiphon-bot", debug: false },
    discord: { token: "t", client: "core", api: "https://discord.com/api" },
    bus: { transport: "memory", app: "bot" },
    logging: { level: "info", format: "json", handlers: ["console"] },
    cache: { strategy: "adaptive", ttlMs: 3_600_000, maxEntries: 1_000 },
    monitoring: { enabled: true, metricsIntervalMs: 60_000, healthCheckIntervalMs: 30_000, host: "127.0.0.1" },
    dataDirectory: "data",
  });
});

test("the environment wins over the file", async () => {
  const file = fileOf(
    JSON.stringify({ discord: { token: "file", client: "discord.js" }, logging: { level: "debug" } }),
  );
  const config = await loadConfig({
    file,
    environment: { DISCORD_TOKEN: "environment", LAVALINK_HOST: "node", LAVALINK_SECURE: "true" },
  });
  expect(config.discord).toMatchObject({ token: "environment", client: "discord.js" });
  expect(config.audio.lavalink).toEqual({ host: "node", port: 2333, password: "youshallnotpass", secure: true });
  expect(config.logging.level).toBe("debug");
});

test("a Lavalink server is at this machine's usual port unless the environment says otherwise", async () => {
  const read = async (environment: Record<string, string>) =>
    (await loadConfig({ environment: { DISCORD_TOKEN: "t", ...environment } })).audio.lavalink;
  expect(await read({})).toBeUndefined();
  expect(await read({ LAVALINK_PASSWORD: "p" })).toMatchObject({ host: "127.0.0.1", port: 2333, password: "p" });
  expect(await read({ LAVALINK_HOST: "node", LAVALINK_PORT: "444" })).toMatchObject({ host: "node", port: 444 });
});

test("an overlay is laid over the file for an environment, and variables set every group", async () => {
  const file = join(folder, "bot.json");
  writeFileSync(file, JSON.stringify({ discord: { token: "t" }, idleLeaveMs: 5_000 }));
  writeFileSync(join(folder, "bot.production.json"), JSON.stringify({ idleLeaveMs: 9_000 }));
  const environment = {
    ANTIPHON_ENV: "production",
    ANTIPHON_DEBUG: "yes",
    ANTIPHON_LOG_TO: "console,file",
    ANTIPHON_MONITORING_PORT: "0",
    REDIS_URL: "redis://cache:6379",
  };
  expect(await loadConfig({ file, environment })).toMatchObject({
    idleLeaveMs: 9_000,
    application: { debug: true },
    logging: { handlers: ["console", "file"] },
    monitoring: { port: 0 },
    cache: { redisUrl: "redis://cache:6379" },
  });
});

test("a secret may be in a file", async () => {
  const file = join(folder, "token");
  writeFileSync(file, "from-a-file\n");
  expect((await loadConfig({ environment: { DISCORD_TOKEN_FILE: file } })).discord.token).toBe("from-a-file");
  const both = loadConfig({ environment: { DISCORD_TOKEN_FILE: file, DISCORD_TOKEN: "t" } });
  await expect(both).rejects.toMatchObject({ code: "BOT_SECRET_UNREADABLE", message: /Both DISCORD_TOKEN and/ });
  const none = loadConfig({ environment: { DISCORD_TOKEN_FILE: join(folder, "no-such-file") } });
  await expect(none).rejects.toThrow(/DISCORD_TOKEN_FILE: .*no-such-file/);
});

test("a missing token is asked for by its variable", async () => {
  await expect(loadConfig({ environment: {} })).rejects.toThrow(/DISCORD_TOKEN/);
});

test("each wrong setting has a line, named as it was written, and no value is shown", async () => {
  const environment = { DISCORD_TOKEN: "s3cret", ANTIPHON_CLIENT: "eris", LAVALINK_HOST: "h", LAVALINK_PORT: "99999" };
  const failure = await loadConfig({ environment }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "PATTERNS_CONFIGURATION_INVALID" });
  expect(String(failure)).toMatch(/ANTIPHON_CLIENT[\s\S]*LAVALINK_PORT/);
  expect(String(failure)).not.toMatch(/s3cret|99999/);
});

test.each(["logLevle", "monitoring.prot", "application.nmae"])(
  "the misspelt %s is refused with its place",
  async (path) => {
    const [group = "", name] = path.split(".");
    const fields = { discord: { token: "t" }, [group]: name === undefined ? "x" : { [name]: "x" } };
    const file = fileOf(JSON.stringify(fields));
    await expect(loadConfig({ file, environment: {} })).rejects.toThrow(path);
  },
);

test.each(["{", "[1]", "null"])("a file of %j is refused", async (text) => {
  await expect(loadConfig({ file: fileOf(text), environment: {} })).rejects.toMatchObject({
    code: "PATTERNS_CONFIGURATION_UNREADABLE",
  });
});

test("a missing file is named", async () => {
  await expect(loadConfig({ file: join(folder, "nowhere.json"), environment: {} })).rejects.toThrow(/nowhere\.json/);
});

test.each([
  [{ ANTIPHON_ROLE: "worker" }, /bus\.transport.*must be nats/],
  [{ ANTIPHON_ROLE: "gateway", ANTIPHON_BUS: "nats", ANTIPHON_CLIENT: "discord.js" }, /discord\.client.*must be core/],
  [{ ANTIPHON_ROLE: "worker", ANTIPHON_BUS: "nats", CYTUBE_USERNAME: "robot" }, /cytube.*role all/],
  [{ DATABASE_URL: "mysql://x" }, /databaseUrl/],
  [{ ANTIPHON_BUS_REPLICAS: "2" }, /bus\.replicas/],
])("settings that do not go together are named: %j", async (environment, expected) => {
  await expect(loadConfig({ environment: { DISCORD_TOKEN: "t", ...environment } })).rejects.toThrow(expected);
});
