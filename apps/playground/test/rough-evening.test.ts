import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@antiphon/std";
import type { APIMessage } from "discord-api-types/v10";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { encodeWav } from "../src/demo-music/encode-wav.ts";
import { finalAnswer } from "../src/tour/final-answer.ts";
import { openPlaygroundWorld, type PlaygroundWorld } from "../src/world.ts";

const CONNECT = 1n << 20n;
const SPEAK = 1n << 21n;
const MANAGE_CHANNELS = 1n << 4n;
const MOVE_MEMBERS = 1n << 24n;
const HOSTILE_ARTIST = `<@1> @everyone ${"_".repeat(200)}`;
const folder = mkdtempSync(join(tmpdir(), "antiphon-rough-evening-"));
let playground: PlaygroundWorld;
/** What the bot's log says that somebody must look at. */
const troubles: string[] = [];
const logger: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: (message, fields) => void troubles.push(`${message} ${JSON.stringify(fields)}`),
  error: (message, fields) => void troubles.push(`${message} ${JSON.stringify(fields)}`),
};
let robinId: string;

/** A minute of a tone, with a title. */
function tone(title: string, artist = "Nobody"): Buffer {
  const samples = Float32Array.from({ length: 60 * 8_000 }, (_, index) => 0.3 * Math.sin(index / 4));
  return encodeWav({ left: samples, right: samples }, { title, artist });
}

beforeAll(async () => {
  const music = join(folder, "music");
  mkdirSync(music);
  for (const name of ["Alpha", "Beta", "Gamma"]) writeFileSync(join(music, `${name}.wav`), tone(name));
  for (let index = 10; index < 23; index++)
    writeFileSync(join(music, `h${index}.wav`), tone(`hostile${index} @everyone ${"*".repeat(200)}`, HOSTILE_ARTIST));
  playground = await openPlaygroundWorld({ musicDirectory: music, dataDirectory: join(folder, "data"), logger });
  const { discord, guildId, voiceChannelId, me } = playground;
  robinId = discord.world.users().find(({ username }) => username === "robin")?.id ?? "";
  for (const userId of [me.id, robinId]) discord.world.joinVoice({ guildId, channelId: voiceChannelId, userId });
});
afterAll(async () => {
  await playground.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(name: string, options: Record<string, string | number> = {}): Promise<APIMessage> {
  const { discord, guildId, textChannelId, application, me } = playground;
  const place = { guildId, channelId: textChannelId, userId: me.id, applicationId: application.applicationId };
  const result = await discord.world.invokeCommand({ ...place, name, options });
  return finalAnswer(discord.world, result, { channelId: textChannelId, botUserId: application.botUserId });
}
const suggest = (query: string) => {
  const { discord, guildId, textChannelId, application, me } = playground;
  const place = { guildId, channelId: textChannelId, userId: me.id, applicationId: application.applicationId };
  return discord.world.autocomplete({ ...place, name: "play", options: { query }, focused: "query" });
};
const playing = () => playground.bot.lavalink.players.get(playground.guildId)?.current?.info.title;

afterEach(async () => {
  if (playground.bot.lavalink.players.size > 0) await ask("stop");
});

describe("a channel in which the bot could not be heard is named with what is wrong, and not waited for", () => {
  afterEach(() => {
    const { discord, guildId, voiceChannelId, me } = playground;
    discord.world.joinVoice({ guildId, channelId: voiceChannelId, userId: me.id });
    expect(playground.bot.lavalink.players.size).toBe(0);
  });

  test.each([
    ["Connect", CONNECT],
    ["Speak", SPEAK],
  ])("without the permission %s", async (name, deny) => {
    const { discord, guildId, application, me } = playground;
    const room = discord.world.addChannel(guildId, { name: `no-${name}`, type: "voice" });
    discord.world.setOverwrite(room.id, { id: application.botUserId, deny });
    discord.world.joinVoice({ guildId, channelId: room.id, userId: me.id });
    const { content } = await ask("play", { query: "Alpha" });
    expect(content).toContain(`I lack the permission **${name}** in <#${room.id}>`);
  });

  test("a full one", async () => {
    const { discord, guildId, application, me } = playground;
    const room = discord.world.addChannel(guildId, { name: "small", type: "voice" });
    discord.world.setOverwrite(room.id, { id: application.botUserId, allow: MANAGE_CHANNELS, deny: MOVE_MEMBERS });
    await playground.bot.client.rest.request("PATCH", `/channels/${room.id}`, { body: { user_limit: 1 } });
    await expect.poll(() => playground.bot.client.cache.channels.get(room.id)).toMatchObject({ user_limit: 1 });
    discord.world.joinVoice({ guildId, channelId: room.id, userId: me.id });
    const { content } = await ask("play", { query: "Alpha" });
    expect(content).toContain(`<#${room.id}> is full: 1 may be in it`);
  });
});

test("two who press Skip at once skip one track", async () => {
  const { discord, textChannelId, me } = playground;
  const panel = await ask("play", { query: "Alpha" });
  const older = await ask("play", { query: "Beta" });
  await ask("play", { query: "Gamma" });
  const skipOf = ({ components }: APIMessage) =>
    JSON.stringify(components).match(/"custom_id":"(music:skip[^"]*)"/u)?.[1] ?? "";
  const press = (message: APIMessage, userId: string) => {
    const button = { messageId: message.id, customId: skipOf(message) };
    return discord.world.pressButton({ channelId: textChannelId, ...button, userId });
  };
  const pressed = await Promise.all([press(panel, me.id), press(panel, robinId)]);
  expect(pressed.map(({ outcome }) => outcome)).not.toContain("unanswered");
  await expect.poll(playing).toBe("Beta");
  // A message from before is brought up to date, and the next press counts.
  await press(older, robinId);
  expect(playing()).toBe("Beta");
  const updated = discord.world.messages(textChannelId).find(({ id }) => id === older.id);
  expect(JSON.stringify(updated?.embeds)).toContain("Beta");
  if (updated !== undefined) await press(updated, robinId);
  await expect.poll(playing).toBe("Gamma");
});

test("long titles full of markup fit into the queue's message, and /skip mentions nobody", async () => {
  for (let index = 10; index < 22; index++) await ask("play", { query: `hostile${index}` });
  const queue = await ask("queue");
  expect(queue.embeds[0]?.footer?.text).toBe("Page 1 of 2");
  const skipped = await ask("skip");
  expect(skipped.content).toContain("hostile10");
  expect(skipped.mention_everyone).toBe(false);
  expect(skipped.mentions).toEqual([]);
});

test.each(["", " ", "https://example.org/a.mp3", "\u0000", "%", "🎵".repeat(300), "*".repeat(500), "\u202Eabc"])(
  "suggestions for %j are few and fit",
  async (query) => {
    const choices = await suggest(query);
    expect(choices.length).toBeLessThanOrEqual(25);
    for (const { name, value } of choices)
      expect([name.length <= 100, String(value).length <= 100]).toEqual([true, true]);
  },
);

test("blanks are nothing to look for", async () => {
  expect((await ask("play", { query: "   " })).content).toMatch(/Nothing found/);
});

test("a full queue says so", async () => {
  await ask("play", { query: "Alpha" });
  const player = playground.bot.lavalink.players.get(playground.guildId);
  if (player?.current === undefined || player.current === null) throw new Error("nothing plays");
  player.queue.add(Array.from({ length: 999 }, () => player.current ?? []).flat());
  expect((await ask("play", { query: "Beta" })).embeds[0]?.author?.name).toBe("Added to the queue");
  expect((await ask("play", { query: "Gamma" })).content).toMatch(/The queue is full: 1000 tracks wait/);
});

test("what people got wrong is no error in the bot's log", async () => {
  troubles.splice(0);
  expect((await ask("skip")).content).toMatch(/Nothing is playing/);
  expect(troubles).toEqual([]);
});
