import { startDiscordSimulator, type DiscordSimulator, type DiscordSimulatorOptions } from "@antiphon/sim/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { GatewayIntentBits as Intents } from "discord-api-types/v10";
import { constants, createInflate, createZstdDecompress, inflateSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identifyData, openRawClient, type RawClient } from "./discord-raw-client.ts";

let simulator: DiscordSimulator;
let clock: ManualClock;
let bot: { token: string; applicationId: string; botUserId: string };
let place: { guildId: string; channelId: string; userId: string };
const clients: RawClient[] = [];

async function start(options: DiscordSimulatorOptions = {}) {
  clock = createManualClock();
  simulator = await startDiscordSimulator({ clock, ...options });
  const { world } = simulator;
  bot = world.addApplication({ name: "Jukebox", deniedIntents: Intents.GuildPresences });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: user.id });
  const channel = world.addChannel(guild.id, { name: "general", type: "text" });
  world.addMember(guild.id, bot.botUserId);
  place = { guildId: guild.id, channelId: channel.id, userId: user.id };
}

async function restart(options: DiscordSimulatorOptions) {
  await simulator.close();
  await start(options);
}

async function open(options?: Parameters<typeof openRawClient>[1]): Promise<RawClient> {
  const client = await openRawClient(simulator.gatewayUrl, options);
  clients.push(client);
  return client;
}

async function login(
  intents: number = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent,
  more: object = {},
) {
  const client = await open();
  await client.next(({ op }) => op === 10);
  client.send(2, identifyData(bot.token, intents, more));
  const ready = await client.dispatch("READY");
  return { client, ready, sessionId: (ready.d as { session_id: string }).session_id };
}

const say = (content: string) =>
  simulator.world.sendMessage({ channelId: place.channelId, authorId: place.userId, content });

beforeEach(() => start());
afterEach(async () => {
  for (const client of clients.splice(0)) client.cut();
  await simulator.close();
});

test("greets, identifies, announces guilds and acknowledges heartbeats", async () => {
  const client = await open();
  expect(await client.next()).toMatchObject({ op: 10, d: { heartbeat_interval: 41_250 } });
  client.send(2, identifyData(bot.token, Intents.Guilds, { shard: [0, 1] }));
  expect(await client.next()).toMatchObject({
    t: "READY",
    s: 1,
    d: {
      v: 10,
      user: { id: bot.botUserId, bot: true },
      application: { id: bot.applicationId },
      guilds: [{ id: place.guildId, unavailable: true }],
      resume_gateway_url: simulator.gatewayUrl,
      shard: [0, 1],
    },
  });
  expect(await client.next()).toMatchObject({
    t: "GUILD_CREATE",
    s: 2,
    d: { id: place.guildId, member_count: 2, channels: [{ name: "general" }], threads: [] },
  });
  client.send(1, 2);
  expect((await client.next()).op).toBe(11);
  simulator.world.requestHeartbeat();
  expect((await client.next()).op).toBe(1);
});

test("answers an IDENTIFY that came before HELLO", async () => {
  await restart({ helloDelayMs: 50 });
  const client = await open();
  client.send(2, identifyData(bot.token, 0));
  client.send(1, null);
  await client.flushed();
  expect(client.rest()).toEqual([]);
  await clock.advance(50);
  expect((await client.next()).op).toBe(10);
  expect((await client.next()).t).toBe("READY");
  expect((await client.next()).op).toBe(11);
});

test.each([
  ["a wrong token", 4004, (client: RawClient) => client.send(2, identifyData("wrong", 0))],
  ["intents that do not exist", 4013, (client: RawClient) => client.send(2, identifyData(bot.token, 1 << 30))],
  [
    "intents that are not a number",
    4013,
    (client: RawClient) => client.send(2, identifyData(bot.token, "all" as never)),
  ],
  [
    "intents that are not allowed",
    4014,
    (client: RawClient) => client.send(2, identifyData(bot.token, Intents.GuildPresences)),
  ],
  ["a shard out of range", 4010, (client: RawClient) => client.send(2, identifyData(bot.token, 0, { shard: [1, 1] }))],
  ["an opcode that does not exist", 4001, (client: RawClient) => client.send(99, {})],
  ["text that is no JSON", 4002, (client: RawClient) => client.sendText("{")],
  [
    "a frame of more than 4096 bytes",
    4002,
    (client: RawClient) => client.sendText(JSON.stringify({ op: 1, d: "x".repeat(4096) })),
  ],
  ["a command before IDENTIFY", 4003, (client: RawClient) => client.send(4, {})],
  [
    "a resume with a wrong token",
    4004,
    (client: RawClient) => client.send(6, { token: "wrong", session_id: "x", seq: 0 }),
  ],
] as const)("closes %s with %i", async (_name, code, act) => {
  const client = await open();
  await client.next();
  act(client);
  expect(await client.closed).toBe(code);
});

test.each(["v=6&encoding=json", "encoding=json"])("closes %s with 4012", async (query) => {
  expect(await (await open({ query })).closed).toBe(4012);
});

test("closes a second IDENTIFY with 4005", async () => {
  const { client } = await login();
  client.send(2, identifyData(bot.token, 0));
  expect(await client.closed).toBe(4005);
});

test("closes the 121st frame within a minute with 4008", async () => {
  const { client } = await login();
  for (let frame = 0; frame < 119; frame++) client.send(1, null);
  for (let frame = 0; frame < 119; frame++) await client.next(({ op }) => op === 11);
  client.send(1, null);
  expect(await client.closed).toBe(4008);
});

test("closes a client that does not beat, and forgets its session", async () => {
  const { client, sessionId } = await login();
  await clock.advance(62_000);
  expect(await client.closed).toBe(4009);
  const back = await open();
  back.send(6, { token: bot.token, session_id: sessionId, seq: 1 });
  expect(await back.next(({ op }) => op === 9)).toMatchObject({ d: false });
});

test("admits one IDENTIFY per five seconds", async () => {
  await login();
  const early = await open();
  early.send(2, identifyData(bot.token, 0));
  expect(await early.next(({ op }) => op === 9)).toMatchObject({ d: false });
  await clock.advance(5_000);
  early.send(2, identifyData(bot.token, 0));
  expect((await early.dispatch("READY")).s).toBe(1);
});

test("replays what was missed, in order, then RESUMED", async () => {
  const { client, sessionId } = await login();
  await client.dispatch("GUILD_CREATE");
  say("1");
  expect((await client.dispatch("MESSAGE_CREATE")).s).toBe(3);
  client.cut();
  say("2");
  say("3");
  const back = await open();
  back.send(6, { token: bot.token, session_id: sessionId, seq: 3 });
  const frames = [await back.next(({ op }) => op === 0), await back.next(), await back.next()];
  expect(frames.map(({ t, s }) => [t, s])).toEqual([
    ["MESSAGE_CREATE", 4],
    ["MESSAGE_CREATE", 5],
    ["RESUMED", 6],
  ]);
  expect(frames.slice(0, 2).map(({ d }) => (d as { content: string }).content)).toEqual(["2", "3"]);
  say("4");
  expect(await back.next()).toMatchObject({ t: "MESSAGE_CREATE", s: 7 });
});

test("a client that resumes elsewhere takes its session along", async () => {
  const { client, sessionId, ready } = await login();
  const back = await open();
  back.send(6, { token: bot.token, session_id: sessionId, seq: ready.s });
  await back.dispatch("RESUMED");
  expect(await client.closed).toBe(4000);
  await clock.advance(60_000);
  back.send(1, null);
  await back.next(({ op }) => op === 11);
  say("still here");
  expect((await back.dispatch("MESSAGE_CREATE")).d).toMatchObject({ content: "still here" });
});

test("cannot replay more than the buffer holds", async () => {
  await restart({ replayLimit: 5 });
  const { client, sessionId } = await login();
  client.cut();
  for (let message = 0; message < 6; message++) say(String(message));
  const back = await open();
  back.send(6, { token: bot.token, session_id: sessionId, seq: 2 });
  expect(await back.next(({ op }) => op === 9)).toMatchObject({ d: false });
});

test("refuses sequence numbers from the future, and sessions that ended", async () => {
  const { client, sessionId } = await login();
  client.cut();
  const future = await open();
  future.send(6, { token: bot.token, session_id: sessionId, seq: 1000 });
  expect(await future.closed).toBe(4007);
  await clock.advance(180_000);
  const late = await open();
  late.send(6, { token: bot.token, session_id: sessionId, seq: 1 });
  expect(await late.next(({ op }) => op === 9)).toMatchObject({ d: false });
});

test("a close with 1000 ends the session", async () => {
  const { client, sessionId } = await login();
  const ended = new Promise((resolve) => simulator.world.on("sessionEnd", resolve));
  client.close(1000);
  await ended;
  const back = await open();
  back.send(6, { token: bot.token, session_id: sessionId, seq: 1 });
  expect(await back.next(({ op }) => op === 9)).toMatchObject({ d: false });
});

test("invalidates sessions, resumable or not", async () => {
  const { client, sessionId } = await login();
  expect(simulator.world.invalidateSessions({ resumable: true })).toBe(1);
  expect(await client.next(({ op }) => op === 9)).toMatchObject({ d: true });
  say("missed");
  client.send(6, { token: bot.token, session_id: sessionId, seq: 2 });
  expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({ content: "missed" });
  await client.dispatch("RESUMED");
  simulator.world.invalidateSessions({ resumable: false });
  expect(await client.next(({ op }) => op === 9)).toMatchObject({ d: false });
  client.send(6, { token: bot.token, session_id: sessionId, seq: 2 });
  expect(await client.next(({ op }) => op === 9)).toMatchObject({ d: false });
});

test("silent connections say nothing, not even to heartbeats, and stay resumable", async () => {
  const { client, sessionId } = await login();
  await client.dispatch("GUILD_CREATE");
  simulator.world.silenceConnections();
  client.send(1, null);
  say("unheard");
  client.cut();
  const back = await open();
  back.send(6, { token: bot.token, session_id: sessionId, seq: 2 });
  await back.dispatch("RESUMED");
  expect(client.rest()).toEqual([]);
});

test("closes with the code that a test wants", async () => {
  const { client } = await login();
  expect(simulator.world.dropConnections({ code: 4000 })).toBe(1);
  expect(await client.closed).toBe(4000);
  expect(simulator.world.dropConnections()).toBe(0);
});

test("keeps message content from sessions without the intent", async () => {
  const { client } = await login(Intents.GuildMessages | Intents.DirectMessages);
  const { world } = simulator;
  say("private");
  expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({
    content: "",
    author: { id: place.userId },
    guild_id: place.guildId,
  });
  say(`<@${bot.botUserId}> public`);
  expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({ content: `<@${bot.botUserId}> public` });
  world.sendMessage({ channelId: place.channelId, authorId: bot.botUserId, content: "own" });
  expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({ content: "own" });
  const direct = world.directMessageChannel(place.userId, bot.botUserId);
  world.sendMessage({ channelId: direct.id, authorId: place.userId, content: "between us" });
  const { d } = await client.dispatch("MESSAGE_CREATE");
  expect(d).toMatchObject({ content: "between us" });
  expect(d).not.toHaveProperty("guild_id");
});

test("keeps events from sessions without their intent", async () => {
  const { client } = await login(Intents.Guilds);
  await client.dispatch("GUILD_CREATE");
  say("unheard");
  simulator.world.startTyping({ channelId: place.channelId, userId: place.userId });
  simulator.world.addChannel(place.guildId, { name: "more", type: "text" });
  expect(await client.next()).toMatchObject({ t: "CHANNEL_CREATE", d: { name: "more" } });
});

test("gives each shard its guilds", async () => {
  await restart({ identify: { windowMs: 0 } });
  const other = simulator.world.addGuild({ name: "Other", id: String(((BigInt(place.guildId) >> 22n) + 1n) << 22n) });
  simulator.world.addMember(other.id, bot.botUserId);
  const shards = [await login(undefined, { shard: [0, 2] }), await login(undefined, { shard: [1, 2] })];
  const guilds = shards.map(({ ready }) => (ready.d as { guilds: { id: string }[] }).guilds.map(({ id }) => id));
  const expected = [0n, 1n].map((shardId) =>
    [place.guildId, other.id].filter((id) => (BigInt(id) >> 22n) % 2n === shardId),
  );
  expect(guilds).toEqual(expected);
  expect(guilds.flat()).toHaveLength(2);
});

test("chunks member lists, once in thirty seconds", async () => {
  const { world } = simulator;
  for (let member = 0; member < 1500; member++)
    world.addMember(place.guildId, world.addUser({ username: `user${member}` }).id);
  const { client } = await login(Intents.Guilds | Intents.GuildMembers);
  const request = { guild_id: place.guildId, query: "", limit: 0, nonce: "n" };
  client.send(8, request);
  expect((await client.dispatch("GUILD_MEMBERS_CHUNK")).d).toMatchObject({
    chunk_index: 0,
    chunk_count: 2,
    nonce: "n",
    members: { length: 1000 },
  });
  expect((await client.dispatch("GUILD_MEMBERS_CHUNK")).d).toMatchObject({ chunk_index: 1, members: { length: 502 } });
  client.send(8, request);
  expect((await client.dispatch("RATE_LIMITED")).d).toMatchObject({
    opcode: 8,
    retry_after: 30,
    meta: { guild_id: place.guildId, nonce: "n" },
  });
  client.send(8, { guild_id: place.guildId, query: "USER149", limit: 3 });
  expect((await client.dispatch("GUILD_MEMBERS_CHUNK")).d).toMatchObject({
    members: [{ user: { username: "user149" } }, {}, {}],
  });
  client.send(8, { guild_id: place.guildId, user_ids: [place.userId, "1"] });
  expect((await client.dispatch("GUILD_MEMBERS_CHUNK")).d).toMatchObject({
    members: [{ user: { username: "ada" } }],
    not_found: ["1"],
  });
});

/** Inflates as a client does: one context, a payload being complete when it ends with the sync marker. */
function zlibDecoder() {
  const inflate = createInflate();
  const raw: Buffer[] = [];
  let parts: Buffer[] = [];
  let consumed = 0;
  let messages = 0;
  return {
    inflate,
    get messages() {
      return messages;
    },
    decode(bytes: Buffer): string | undefined {
      messages++;
      parts.push(bytes);
      if (
        !Buffer.concat(parts)
          .subarray(-4)
          .equals(Buffer.from([0, 0, 0xff, 0xff]))
      )
        return undefined;
      raw.push(...parts);
      parts = [];
      const all = inflateSync(Buffer.concat(raw), { finishFlush: constants.Z_SYNC_FLUSH });
      const text = all.subarray(consumed).toString("utf8");
      consumed = all.byteLength;
      return text;
    },
  };
}

test.each([undefined, 1, 7, 100])(
  "speaks zlib-stream in one context, split at %s bytes",
  async (splitCompressedAtBytes) => {
    await restart({ splitCompressedAtBytes });
    const decoder = zlibDecoder();
    const client = await open({ query: "v=10&encoding=json&compress=zlib-stream", decode: decoder.decode });
    client.send(2, identifyData(bot.token, Intents.GuildMessages | Intents.MessageContent));
    await client.dispatch("READY");
    const contents = Array.from({ length: 20 }, (_, index) => `message ${index} ${"äß€😀".repeat(index)}`);
    for (const content of contents) say(content);
    for (const content of contents) expect((await client.dispatch("MESSAGE_CREATE")).d).toMatchObject({ content });
    if (splitCompressedAtBytes === 1) expect(decoder.messages).toBeGreaterThan(1000);
    simulator.world.dropConnections({ code: 4000 });
    expect(await client.closed).toBe(4000);
  },
);

test("speaks zstd-stream: one message per payload, in one frame that never ends", async () => {
  const decompress = createZstdDecompress();
  const texts: string[] = [];
  let messages = 0;
  const decode = (bytes: Buffer) => {
    messages++;
    decompress.write(bytes);
    return undefined;
  };
  const client = await open({ query: "v=10&encoding=json&compress=zstd-stream", decode });
  const contents = Array.from({ length: 20 }, (_, index) => `message ${index} ${"la".repeat(index * 100)}`);
  decompress.on("data", (chunk: Buffer) => texts.push(chunk.toString("utf8")));
  client.send(2, identifyData(bot.token, Intents.GuildMessages | Intents.MessageContent));
  await expect.poll(() => texts.join("")).toContain('"READY"');
  for (const content of contents) say(content);
  await expect.poll(() => texts.join("")).toContain(contents.at(-1));
  const all = texts.join("");
  let at = 0;
  for (const content of contents) expect((at = all.indexOf(`"content":"${content}"`, at + 1))).toBeGreaterThan(0);
  expect(messages).toBe(2 + contents.length);
  decompress.destroy();
});

test("writes down everything, without tokens", async () => {
  const { client } = await login();
  client.send(31, { guild_ids: ["1"] });
  await expect.poll(() => simulator.transcript.problems).toEqual(["Opcode 31 names no guild of the bot's: 1."]);
  await fetch(`${simulator.apiUrl}/v10/interactions/1/secretsecret/callback`, { method: "POST" });
  const text = JSON.stringify(simulator.transcript.entries);
  expect(text).toContain("READY");
  expect(text).not.toContain(bot.token);
  expect(text).not.toContain("secretsecret");
});
