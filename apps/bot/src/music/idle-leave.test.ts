import type { Client, ClientEvent } from "@antiphon/core";
import type { Lavalink, LavalinkEvent, Player } from "@antiphon/lavalink";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { createEmitter, createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { leaveWhenIdle } from "./idle-leave.ts";
import { createListeners } from "./listeners.ts";

const guildId = "1" as GuildId;
const channelId = "2" as ChannelId;

/** A bot in a voice channel: what plays, and who listens, can be set. */
function setUp() {
  const clock = createManualClock();
  const lavalinkEvents = createEmitter<LavalinkEvent>();
  const clientEvents = createEmitter<ClientEvent>();
  const state = { playing: true, listeners: ["1"], left: 0 };
  const players = new Map<GuildId, Player>();
  const player = {
    channelId,
    get current() {
      return state.playing ? {} : null;
    },
    async leave() {
      state.left++;
      players.clear();
    },
  };
  players.set(guildId, player as unknown as Player);
  const client = {
    on: clientEvents.on,
    user: { id: "bot" },
    voiceStates: {
      get: () => undefined,
      inChannel: () =>
        ["bot", ...state.listeners].map((userId) => ({
          user_id: userId,
          member: { user: { id: userId, bot: userId.endsWith("bot") } },
        })),
    },
  } as unknown as Client;
  const listeners = createListeners(client);
  const lavalink = { on: lavalinkEvents.on, players } as unknown as Lavalink;
  const idle = leaveWhenIdle({ client, lavalink, listeners, idleLeaveMs: 60_000, clock, logger: silentLogger });
  const queueEmpty = () => {
    state.playing = false;
    lavalinkEvents.emit({ type: "queueEmpty", guildId });
  };
  const voiceChange = (present: string[]) => {
    state.listeners = present;
    clientEvents.emit({ type: "voiceStateUpdate", shardId: 0, data: { guild_id: guildId } } as unknown as ClientEvent);
  };
  const trackStart = () => {
    state.playing = true;
    lavalinkEvents.emit({ type: "trackStart", guildId, track: {} } as unknown as LavalinkEvent);
  };
  return { clock, state, idle, listeners, clientEvents, queueEmpty, voiceChange, trackStart };
}

test("leaves when nothing was played for the time", async () => {
  const { clock, state, queueEmpty } = setUp();
  queueEmpty();
  await clock.advance(59_999);
  expect(state.left).toBe(0);
  await clock.advance(1);
  expect(state.left).toBe(1);
});

test("a new track keeps it", async () => {
  const { clock, state, queueEmpty, trackStart } = setUp();
  queueEmpty();
  await clock.advance(30_000);
  trackStart();
  await clock.advance(600_000);
  expect(state.left).toBe(0);
  expect(clock.pendingTimers).toBe(0);
});

test("leaves when nobody listens, unless somebody comes back", async () => {
  const { clock, state, voiceChange } = setUp();
  voiceChange([]);
  await clock.advance(30_000);
  voiceChange(["8"]);
  await clock.advance(60_000);
  expect(state.left).toBe(0);
  voiceChange([]);
  await clock.advance(60_000);
  expect(state.left).toBe(1);
});

test("other bots are no listeners", async () => {
  const { clock, state, voiceChange } = setUp();
  voiceChange(["another bot"]);
  await clock.advance(60_000);
  expect(state.left).toBe(1);
});

test("those who were there when the guild came from another process are listeners, until they are seen to go", async () => {
  const { clock, state, listeners, voiceChange, clientEvents } = setUp();
  listeners.carry(guildId, [{ userId: "7", channelId }]);
  voiceChange([]);
  await clock.advance(600_000);
  expect(state.left).toBe(0);
  const data = { guild_id: guildId, user_id: "7", channel_id: null };
  clientEvents.emit({ type: "voiceStateUpdate", shardId: 0, data } as unknown as ClientEvent);
  await clock.advance(60_000);
  expect(state.left).toBe(1);
});

test("who left before the guild was here is no listener", () => {
  const { listeners, clientEvents } = setUp();
  const data = { guild_id: guildId, user_id: "7", channel_id: null };
  clientEvents.emit({ type: "voiceStateUpdate", shardId: 0, data } as unknown as ClientEvent);
  listeners.carry(guildId, [
    { userId: "7", channelId },
    { userId: "8", channelId },
  ]);
  expect(listeners.in(guildId, channelId)).toEqual(["1", "8"]);
});

test("ends with its timers", async () => {
  const { clock, state, idle, queueEmpty } = setUp();
  queueEmpty();
  idle[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(0);
  queueEmpty();
  await clock.advance(600_000);
  expect(state.left).toBe(0);
});
