import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBotConfig, startBot } from "@antiphon/bot";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import type { APIMessage } from "discord-api-types/v10";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { encodeWav } from "../src/demo-music/encode-wav.ts";
import { finalAnswer } from "../src/tour/final-answer.ts";
import { openPlaygroundWorld, type PlaygroundWorld } from "../src/world.ts";

const HOSTILE_TITLE = "@everyone **bold** <@1> [x](https://evil.example) `code`\n# big";
const folder = mkdtempSync(join(tmpdir(), "antiphon-bad-input-"));
const music = join(folder, "music");
let playground: PlaygroundWorld;
let web: Server;
let webUrl: string;

/** One second of a tone, with a title. */
function tone(title: string): Buffer {
  const samples = Float32Array.from({ length: 44_100 }, (_, index) => 0.3 * Math.sin(index / 20));
  return encodeWav({ left: samples, right: samples }, { title, artist: "Nobody" });
}

beforeAll(async () => {
  mkdirSync(music);
  writeFileSync(join(music, "good.wav"), tone("Good tone"));
  writeFileSync(join(music, "hostile.wav"), tone(HOSTILE_TITLE));
  writeFileSync(join(music, "empty.mp3"), "");
  web = createServer((request, response) => {
    if (request.url === "/page")
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Not audio</title>");
    else if (request.url === "/empty") response.writeHead(200, { "content-type": "audio/mpeg" }).end();
    else if (request.url === "/noise")
      response.writeHead(200, { "content-type": "audio/mpeg" }).end(Buffer.alloc(4_096, 0x5a));
    else if (request.url === "/missing") response.writeHead(404).end("no");
    // "/hang" is answered never.
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  playground = await openPlaygroundWorld({
    musicDirectory: music,
    dataDirectory: join(folder, "data"),
    allowUrls: "all",
  });
  const { discord, guildId, voiceChannelId, me } = playground;
  discord.world.joinVoice({ guildId, channelId: voiceChannelId, userId: me.id });
});
afterAll(async () => {
  await playground.close();
  web.closeAllConnections();
  web.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(name: string, options: Record<string, string> = {}): Promise<APIMessage> {
  const { discord, guildId, textChannelId, application, me } = playground;
  const place = { guildId, channelId: textChannelId, userId: me.id, applicationId: application.applicationId };
  const result = await discord.world.invokeCommand({ ...place, name, options });
  return finalAnswer(discord.world, result, { channelId: textChannelId, botUserId: application.botUserId });
}

describe("what cannot be played gets one line that says why", () => {
  // The bot is well after each of them.
  afterEach(async () => {
    expect((await ask("ping")).content).toMatch(/^Pong/);
  });

  test.each([
    ["a web page instead of audio", "/page", /web page/i],
    ["a file of 0 bytes", "/empty", /empty/i],
    ["an unknown format", "/noise", /format|WAV/i],
    ["a missing file", "/missing", /404|not found|answered/i],
  ])("%s", async (_, path, why) => {
    const { content } = await ask("play", { query: webUrl + path });
    expect(content).toMatch(/^⚠️ /);
    expect(content).toMatch(why);
    expect(content).not.toContain("\n");
  });

  test("an address that never answers", { timeout: 180_000 }, async () => {
    const { content } = await ask("play", { query: `${webUrl}/hang` });
    expect(content).toMatch(/⚠️ .* did not send .* within \d+ ms/);
  });

  test("an address where nobody listens", async () => {
    const { content } = await ask("play", { query: "http://127.0.0.1:1/a.mp3" });
    expect(content).toMatch(/^⚠️ /);
  });

  test.each(["../../../etc/passwd", "file:///etc/passwd", "/etc/passwd"])("%s leads nowhere", async (query) => {
    expect((await ask("play", { query })).content).toMatch(/Nothing found/);
  });

  test("words that match nothing", async () => {
    expect((await ask("play", { query: "zzz qqq" })).content).toMatch(/Nothing found for "zzz qqq"/);
  });

  test("a command while nothing plays", async () => {
    for (const name of ["skip", "pause", "resume", "queue", "nowplaying", "stop"]) {
      expect((await ask(name)).content).toMatch(/^⚠️ Nothing is playing/);
    }
  });
});

test("a title full of markup and mentions is shown as text and pings nobody", async () => {
  const message = await ask("play", { query: "everyone bold" });
  const [embed] = message.embeds;
  expect(embed?.description).toContain("\\*\\*bold\\*\\*");
  expect(embed?.description).not.toMatch(/(?<!\\)\*\*bold\*\*|(?<!\\)\[x\]\(/);
  expect(message.mention_everyone).toBe(false);
  expect(message.mentions).toEqual([]);
  await ask("stop");
});

test("an empty file among good ones does not hide them", async () => {
  expect((await ask("play", { query: "good tone" })).embeds[0]?.description).toContain("Good tone");
  await ask("stop");
});

describe("what keeps the bot from starting is said in one line", () => {
  const start = async (token: string, dataDirectory: string) => {
    await using discord = await startDiscordSimulator();
    const { token: valid } = discord.world.addApplication({ name: "Bot" });
    using config = await openBotConfig({
      environment: {},
      overrides: { discord: { token: token === "valid" ? valid : token, api: discord.apiUrl }, dataDirectory },
    });
    return await startBot({ config: config.value }).catch((error: unknown) => error);
  };

  test("an invalid token", async () => {
    const failure = await start("wrong.token.here", join(folder, "other"));
    expect(failure).toMatchObject({ code: "CORE_TOKEN_REJECTED", message: expect.stringMatching(/token/i) });
    expect(String(failure)).not.toContain("wrong.token.here");
  });

  test("a data directory that cannot be written", async () => {
    const failure = await start("valid", "/dev/null/data");
    expect(failure).toMatchObject({
      code: "RECOMMENDER_STORE_UNAVAILABLE",
      message: expect.stringContaining("/dev/null/data"),
    });
    expect(String(failure)).not.toContain("\n");
  });
});
