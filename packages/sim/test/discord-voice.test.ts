import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator, type VoiceSession } from "@antiphon/sim/discord";
import { createManualClock, waitFor, type ManualClock } from "@antiphon/std";
import { GatewayIntentBits as Intents } from "discord-api-types/v10";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identifyData, openRawClient, type RawClient } from "./discord-raw-client.ts";

let simulator: DiscordSimulator;
let clock: ManualClock;
let client: RawClient;
let sessionId: string;
let calls: (readonly ["allocate" | "release", Partial<VoiceSession>])[];
let bot: { token: string; botUserId: string };
let ids: { guildId: GuildId; userId: string; lobby: ChannelId; stage: ChannelId };

beforeEach(async () => {
  calls = [];
  clock = createManualClock();
  simulator = await startDiscordSimulator({
    clock,
    voice: {
      endpoint: "127.0.0.1:7777",
      allocate(session) {
        calls.push(["allocate", session]);
        return { token: `token${calls.length}` };
      },
      release: (session) => void calls.push(["release", session]),
    },
  });
  const { world } = simulator;
  bot = world.addApplication({ name: "Jukebox" });
  const user = world.addUser({ username: "ada" });
  const guild = world.addGuild({ name: "Antiphon", ownerId: user.id });
  world.addMember(guild.id, bot.botUserId);
  ids = {
    guildId: guild.id,
    userId: user.id,
    lobby: world.addChannel(guild.id, { name: "Lobby", type: "voice" }).id,
    stage: world.addChannel(guild.id, { name: "Stage", type: "voice" }).id,
  };
  client = await openRawClient(simulator.gatewayUrl);
  client.send(2, identifyData(bot.token, Intents.Guilds | Intents.GuildVoiceStates));
  sessionId = ((await client.dispatch("READY")).d as { session_id: string }).session_id;
  await client.dispatch("GUILD_CREATE");
});

afterEach(async () => {
  client.cut();
  await simulator.close();
});

const move = (channelId: string | null, more: object = {}) =>
  client.send(4, { guild_id: ids.guildId, channel_id: channelId, self_mute: false, self_deaf: true, ...more });

/** The next dispatch about somebody's voice; since when a channel is in use is told besides. */
const nextVoice = () => client.next(({ t }) => t !== "VOICE_CHANNEL_START_TIME_UPDATE");

test("a bot joins, moves, mutes itself and leaves", async () => {
  const { guildId, lobby, stage } = ids;
  move(lobby);
  expect((await nextVoice()).d).toMatchObject({
    guild_id: guildId,
    channel_id: lobby,
    user_id: bot.botUserId,
    session_id: sessionId,
    self_deaf: true,
  });
  expect(await nextVoice()).toMatchObject({
    t: "VOICE_SERVER_UPDATE",
    d: { token: "token1", guild_id: guildId, endpoint: "127.0.0.1:7777" },
  });
  expect(simulator.world.voiceStates(guildId)).toMatchObject([{ channel_id: lobby }]);

  move(stage);
  expect((await nextVoice()).d).toMatchObject({ channel_id: stage });
  expect((await nextVoice()).d).toMatchObject({ token: "token2" });

  move(stage, { self_mute: true });
  expect((await nextVoice()).d).toMatchObject({ channel_id: stage, self_mute: true });

  move(null);
  expect(await nextVoice()).toMatchObject({
    t: "VOICE_STATE_UPDATE",
    d: { channel_id: null, session_id: sessionId },
  });
  const session = { guildId, userId: bot.botUserId };
  expect(calls).toEqual([
    ["allocate", { ...session, channelId: lobby, sessionId }],
    ["allocate", { ...session, channelId: stage, sessionId }],
    ["release", session],
  ]);
  expect(simulator.world.voiceStates(guildId)).toEqual([]);
});

test("people are seen, but their voice servers are not", async () => {
  const { guildId, userId, lobby } = ids;
  simulator.world.joinVoice({ guildId, channelId: lobby, userId, selfMute: true });
  expect((await nextVoice()).d).toMatchObject({
    user_id: userId,
    channel_id: lobby,
    self_mute: true,
    member: { user: { username: "ada" } },
  });
  simulator.world.leaveVoice({ guildId, userId });
  expect(await nextVoice()).toMatchObject({ t: "VOICE_STATE_UPDATE", d: { user_id: userId, channel_id: null } });
});

test("a person's signaling joins, hears its own server and leaves", async () => {
  const { guildId, userId, lobby } = ids;
  const signaling = simulator.world.signalingFor(userId);
  const heard: unknown[] = [];
  using _states = signaling.onVoiceState(({ channelId }) => heard.push(["state", channelId]));
  using _servers = signaling.onVoiceServer(({ token, endpoint }) => heard.push(["server", token, endpoint]));
  await signaling.updateVoiceState({ guildId, channelId: lobby, selfMute: false, selfDeaf: false });
  move(lobby);
  await client.dispatch("VOICE_SERVER_UPDATE");
  await signaling.updateVoiceState({ guildId, channelId: null, selfMute: false, selfDeaf: false });
  expect(heard).toEqual([
    ["state", lobby],
    ["server", "token1", "127.0.0.1:7777"],
    ["state", null],
  ]);
});

test("a bot that is moved by somebody else keeps its session", async () => {
  const { guildId, lobby, stage } = ids;
  move(lobby);
  await client.dispatch("VOICE_SERVER_UPDATE");
  simulator.world.joinVoice({ guildId, channelId: stage, userId: bot.botUserId });
  expect((await nextVoice()).d).toMatchObject({ channel_id: stage, session_id: sessionId, self_deaf: true });
  expect((await nextVoice()).d).toMatchObject({ token: "token2" });
  simulator.world.leaveVoice({ guildId, userId: bot.botUserId });
  expect((await nextVoice()).d).toMatchObject({ channel_id: null, session_id: sessionId });
});

test("a voice server can go away and come back", async () => {
  move(ids.lobby);
  await client.dispatch("VOICE_SERVER_UPDATE");
  simulator.world.withdrawVoiceServer(ids.guildId);
  expect((await nextVoice()).d).toMatchObject({ endpoint: null });
  simulator.world.assignVoiceServer(ids.guildId);
  expect((await nextVoice()).d).toMatchObject({ endpoint: "127.0.0.1:7777", token: "token2" });
});

test("a bot stays in voice while its session may resume, and no longer", async () => {
  move(ids.lobby);
  await client.dispatch("VOICE_SERVER_UPDATE");
  simulator.world.dropConnections();
  await clock.advance(179_999);
  expect(simulator.world.voiceStates(ids.guildId)).toHaveLength(1);
  await clock.advance(1);
  expect(simulator.world.voiceStates(ids.guildId)).toEqual([]);
});

test("voice states are in GUILD_CREATE", async () => {
  simulator.world.joinVoice({ guildId: ids.guildId, channelId: ids.lobby, userId: ids.userId });
  await clock.advance(5_000);
  const other = await openRawClient(simulator.gatewayUrl);
  other.send(2, identifyData(bot.token, Intents.Guilds | Intents.GuildVoiceStates));
  expect((await other.dispatch("GUILD_CREATE")).d).toMatchObject({
    voice_states: [{ user_id: ids.userId, channel_id: ids.lobby }],
    members: { length: 2 },
  });
  other.cut();
});

test("op 4 for a channel that is none is noted and ignored", async () => {
  move("1");
  await expect.poll(() => simulator.transcript.problems.join()).toContain("names no voice channel");
  expect(calls).toEqual([]);
});

test("a new session has nothing of the one before: no voice, and the presence of its IDENTIFY", async () => {
  const { world } = simulator;
  const presences: string[] = [];
  world.on("presenceUpdate", ({ status, activities }) => presences.push([status, ...activities].join(" ")));
  move(ids.lobby);
  await client.dispatch("VOICE_SERVER_UPDATE");
  client.send(3, { since: null, activities: [{ name: "Antiphon", type: 2 }], status: "dnd", afk: false });
  await client.flushed();
  world.invalidateSessions({ resumable: false });
  expect(world.voiceStates(ids.guildId)).toEqual([]);
  expect(calls.at(-1)).toEqual(["release", { guildId: ids.guildId, userId: bot.botUserId }]);
  await clock.advance(5_000);
  const other = await openRawClient(simulator.gatewayUrl);
  const identity = identifyData(bot.token, Intents.Guilds | Intents.GuildVoiceStates);
  other.send(2, { ...identity, presence: { activities: [{ name: "Responsory" }], status: "idle" } });
  expect((await other.dispatch("GUILD_CREATE")).d).toMatchObject({ voice_states: [] });
  await other.flushed();
  expect(presences).toEqual(["dnd Antiphon", "offline", "idle Responsory"]);
  other.cut();
});

test("a voice state goes over to the session that asked last, and stays when the other ends", async () => {
  move(ids.lobby);
  await client.dispatch("VOICE_SERVER_UPDATE");
  await clock.advance(5_000);
  const other = await openRawClient(simulator.gatewayUrl);
  other.send(2, identifyData(bot.token, Intents.Guilds | Intents.GuildVoiceStates));
  const { session_id: newSession } = (await other.dispatch("READY")).d as { session_id: string };
  other.send(4, { guild_id: ids.guildId, channel_id: ids.lobby, self_mute: false, self_deaf: true });
  expect((await other.dispatch("VOICE_SERVER_UPDATE")).d).toMatchObject({ token: "token2" });
  const ended = waitFor(simulator.world, "sessionEnd");
  client.close(1000);
  await ended;
  expect(simulator.world.voiceStates(ids.guildId)).toMatchObject([{ session_id: newSession, channel_id: ids.lobby }]);
  expect(calls.map(([name]) => name)).toEqual(["allocate", "allocate"]);
  other.cut();
});
