import { expect, test } from "vitest";
import type { GuildId } from "./id.ts";
import { createVoiceMemory, type VoiceMemory } from "./voice-memory.ts";

const GUILD = "81384788765712384" as GuildId;
/** On shard 1 of 2. */
const FAR = String((1n << 22n) + 7n) as GuildId;
const BOT = "300000000000000001";
const [LOBBY, STAGE] = ["200000000000000001", "200000000000000002"];

const join = (memory: VoiceMemory, channelId: string | null, guildId: string = GUILD) =>
  memory.commanded({ op: 4, d: { guild_id: guildId, channel_id: channelId, self_mute: false, self_deaf: true } });
const state = (
  memory: VoiceMemory,
  channelId: string | null,
  sessionId: string,
  { toldBy = sessionId, ...more }: { readonly toldBy?: string; readonly [field: string]: unknown } = {},
) => {
  const fields = { guild_id: GUILD, channel_id: channelId, user_id: BOT, session_id: sessionId, self_deaf: true };
  memory.told({ type: "VOICE_STATE_UPDATE", data: { ...fields, ...more } }, toldBy);
};
const ready = (memory: VoiceMemory, more: object = {}) =>
  memory.told({ type: "READY", data: { user: { id: BOT }, guilds: [{ id: GUILD }, { id: FAR }], ...more } }, "x");

/** A memory of a bot that is in the lobby, by its first session. */
function inLobby(): VoiceMemory {
  const memory = createVoiceMemory();
  ready(memory);
  join(memory, LOBBY ?? null);
  state(memory, LOBBY ?? null, "first");
  return memory;
}
const channelIn = (memory: VoiceMemory, guildId = GUILD) =>
  (memory.commandFor(guildId)?.d as { channel_id?: string } | undefined)?.channel_id;

test("brings the bot back with the command that it was told last, when its session is over, until Discord has it again", () => {
  const memory = inLobby();
  expect([memory.lost, memory.commandFor(GUILD)]).toEqual([[], undefined]);
  const { commands } = memory;
  ready(memory);
  expect(memory.lost).toEqual([GUILD]);
  expect(memory.commandFor(GUILD)).toEqual({
    op: 4,
    d: { guild_id: GUILD, channel_id: LOBBY, self_mute: false, self_deaf: true },
  });
  expect(commands).toEqual([memory.commandFor(GUILD)]);
  ready(memory);
  expect(channelIn(memory)).toBe(LOBBY);
  state(memory, LOBBY ?? null, "second");
  expect([memory.lost, memory.commands.length]).toEqual([[], 1]);
});

test("goes by what Discord tells of the bot: moved, muted, kicked", () => {
  const memory = inLobby();
  state(memory, STAGE ?? null, "first", { self_mute: true, self_deaf: false });
  ready(memory);
  expect(memory.commandFor(GUILD)?.d).toMatchObject({ channel_id: STAGE, self_mute: true, self_deaf: false });
  state(memory, STAGE ?? null, "second");
  state(memory, null, "second");
  expect(memory.commands.length).toBe(0);
  ready(memory);
  expect(memory.lost).toEqual([]);
});

test("forgets what the bot left, even while nobody could be told", () => {
  const memory = inLobby();
  join(memory, null);
  ready(memory);
  expect([memory.commands.length, memory.lost]).toEqual([0, []]);
});

test("takes the end of an earlier session, or of an earlier stay, for no kick", () => {
  const memory = inLobby();
  ready(memory);
  state(memory, null, "first", { toldBy: "second" });
  state(memory, STAGE ?? null, "first", { toldBy: "second" });
  expect(channelIn(memory)).toBe(LOBBY);
  state(memory, LOBBY ?? null, "second");
  state(memory, null, "first");
  // Leaving and coming back: the news of the first comes after the second was commanded.
  join(memory, null);
  join(memory, STAGE ?? null);
  state(memory, null, "second");
  memory.sessionsReplaced((guildId) => guildId === GUILD);
  expect(channelIn(memory)).toBe(STAGE);
  memory.sessionsReplaced(() => false);
  expect(memory.commands.length).toBe(0);
});

test("goes by what the sessions are told that live beside those which took over, until they end", () => {
  const memory = inLobby();
  memory.sessionsReplaced(() => true);
  expect(channelIn(memory)).toBe(LOBBY);
  state(memory, STAGE ?? null, "first", { toldBy: "second" });
  expect(channelIn(memory)).toBe(STAGE);
  memory.sessionsEnded();
  state(memory, null, "first", { toldBy: "second" });
  expect(channelIn(memory)).toBe(STAGE);
  state(memory, STAGE ?? null, "second");
  memory.sessionsReplaced(() => true);
  state(memory, null, "second", { toldBy: "third" });
  expect(memory.commands).toEqual([]);
});

test("passes over what others do, what nobody commanded, and what is no command for voice", () => {
  const memory = createVoiceMemory();
  ready(memory);
  state(memory, LOBBY ?? null, "first");
  memory.commanded({ op: 3, d: { guild_id: GUILD, channel_id: LOBBY } });
  for (const d of [null, {}, { guild_id: 5, channel_id: LOBBY }, { guild_id: "no id", channel_id: LOBBY }])
    memory.commanded({ op: 4, d });
  expect([memory.commands.length, memory.wants("VOICE_STATE_UPDATE"), memory.wants("READY")]).toEqual([0, false, true]);
  join(memory, LOBBY ?? null);
  expect(["VOICE_STATE_UPDATE", "GUILD_DELETE", "MESSAGE_CREATE"].map(memory.wants)).toEqual([true, true, false]);
  state(memory, STAGE ?? null, "another's", { user_id: "300000000000000002" });
  for (const data of [null, {}, "text", { guild_id: GUILD }])
    memory.told({ type: "VOICE_STATE_UPDATE", data }, "first");
  memory.told({ type: "GUILD_DELETE", data: null }, "first");
  ready(memory);
  expect(channelIn(memory)).toBe(LOBBY);
});

test("loses the guilds of the shard alone, and forgets those that the bot has gone from", () => {
  const memory = inLobby();
  join(memory, LOBBY ?? null, FAR);
  ready(memory, { guilds: [{ id: FAR }], shard: [1, 2] });
  expect(memory.lost).toEqual([FAR]);
  ready(memory, { guilds: [], shard: [1, 2] });
  expect([memory.commands.length, memory.lost]).toEqual([1, []]);
  memory.told({ type: "GUILD_DELETE", data: { id: GUILD, unavailable: true } }, "first");
  expect(memory.commands.length).toBe(1);
  memory.told({ type: "GUILD_DELETE", data: { id: GUILD } }, "first");
  expect(memory.commands.length).toBe(0);
  for (const shard of [[0, 0], [0, "2"], "text", null]) ready(memory, { shard, guilds: "none" });
});

test("knows the bot by its session where another process began it", () => {
  const memory = createVoiceMemory();
  join(memory, LOBBY ?? null);
  state(memory, STAGE ?? null, "somebody's", { toldBy: "first" });
  state(memory, LOBBY ?? null, "first");
  state(memory, null, "first");
  expect(memory.commands.length).toBe(0);
});
