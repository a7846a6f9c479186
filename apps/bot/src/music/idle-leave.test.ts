import type { Client, ClientEvent } from "@antiphon/core";
import type { Lavalink, LavalinkEvent, Player } from "@antiphon/lavalink";
import type { ChannelId, GuildId } from "@antiphon/protocol/discord";
import { createEmitter, createManualClock, silentLogger } from "@antiphon/std";
import { expect, test } from "vitest";
import { leaveWhenIdle } from "./idle-leave.ts";

const guildId = "1" as GuildId;
const channelId = "2" as ChannelId;

/** A bot in a voice channel: what plays, and who listens, can be set. */
function setUp() {
  const clock = createManualClock();
  const lavalinkEvents = createEmitter<LavalinkEvent>();
  const clientEvents = createEmitter<ClientEvent>();
  const state = { playing: true, listeners: ["7"], left: 0 };
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
    voiceStates: { inChannel: () => ["bot", ...state.listeners].map((userId) => ({ user_id: userId })) },
  } as unknown as Client;
  const lavalink = { on: lavalinkEvents.on, players } as unknown as Lavalink;
  const idle = leaveWhenIdle({ client, lavalink, idleLeaveMs: 60_000, clock, logger: silentLogger });
  const queueEmpty = () => {
    state.playing = false;
    lavalinkEvents.emit({ type: "queueEmpty", guildId });
  };
  const voiceChange = (listeners: string[]) => {
    state.listeners = listeners;
    clientEvents.emit({ type: "voiceStateUpdate", shardId: 0, data: { guild_id: guildId } } as unknown as ClientEvent);
  };
  const trackStart = () => {
    state.playing = true;
    lavalinkEvents.emit({ type: "trackStart", guildId, track: {} } as unknown as LavalinkEvent);
  };
  return { clock, state, idle, queueEmpty, voiceChange, trackStart };
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

test("ends with its timers", async () => {
  const { clock, state, idle, queueEmpty } = setUp();
  queueEmpty();
  idle[Symbol.dispose]();
  expect(clock.pendingTimers).toBe(0);
  queueEmpty();
  await clock.advance(600_000);
  expect(state.left).toBe(0);
});
