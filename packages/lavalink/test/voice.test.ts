import type { ChannelId } from "@antiphon/protocol/discord";
import { describe, expect, test } from "vitest";
import { channelId, eventually, guildId, openWorld, trackOf } from "./world.ts";

const otherChannelId = "81384788765712399" as ChannelId;

describe("join", () => {
  test("takes the two dispatches in any order, and never a null endpoint", async () => {
    const { lavalink, join, signaling, patches } = await openWorld();
    signaling.automatic = false;
    const joining = join();
    signaling.server(guildId, "first.invalid");
    signaling.server(guildId, null);
    signaling.state(guildId, channelId, "s");
    signaling.server(guildId, "second.invalid", "t2");
    const player = await joining;
    await player.play(trackOf(await lavalink.load("morning")));
    expect(patches().map((patch) => patch.body)).toMatchObject([
      { voice: { token: "t2", endpoint: "second.invalid", sessionId: "s", channelId } },
    ]);
  });

  test("gives up when Discord names no server", async () => {
    const { clock, lavalink, join, signaling } = await openWorld();
    signaling.automatic = false;
    const joining = join();
    const refused = expect(joining).rejects.toMatchObject({ code: "LAVALINK_VOICE_TIMEOUT" });
    signaling.state(guildId, channelId);
    await clock.advance(15_000);
    await refused;
    expect(lavalink.players.size).toBe(0);
    expect(signaling.requests.at(-1)?.channelId).toBeNull();
  });

  test("can be cancelled", async () => {
    const { lavalink, signaling } = await openWorld();
    signaling.automatic = false;
    const controller = new AbortController();
    const joining = lavalink.join({ guildId, channelId, signal: controller.signal });
    controller.abort(new Error("changed my mind"));
    await expect(joining).rejects.toThrow("changed my mind");
    expect(lavalink.players.size).toBe(0);
  });

  test("again is the same player, elsewhere moves it by one PATCH", async () => {
    const { lavalink, join, patches, signaling } = await openWorld();
    const player = await join();
    expect(await join()).toBe(player);
    expect(signaling.requests).toHaveLength(1);
    await player.play(trackOf(await lavalink.load("morning")));
    await lavalink.join({ guildId, channelId: otherChannelId });
    expect(player.channelId).toBe(otherChannelId);
    await eventually(() => patches().length >= 2);
    await player.setVolume(90);
    expect(patches().at(1)?.body).toMatchObject({ voice: { channelId: otherChannelId } });
  });
});

test("a new voice server during play reaches the node", async () => {
  const { lavalink, join, patches, signaling } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  signaling.server(guildId, "moved.invalid", "t9");
  await eventually(() => patches().length === 2);
  expect(patches()[1]?.body).toEqual({
    voice: { token: "t9", endpoint: "moved.invalid", sessionId: "session-1", channelId },
  });
});

test("a join that fails leaves nothing, and tells of no player that came or went", async () => {
  const { lavalink, signaling, join, clock, events } = await openWorld();
  signaling.automatic = false;
  const joined = expect(join()).rejects.toMatchObject({ code: "LAVALINK_VOICE_TIMEOUT" });
  await clock.advance(15_000);
  await joined;
  expect(lavalink.players.size).toBe(0);
  signaling.automatic = true;
  await (await join()).leave();
  await eventually(() => events.some((event) => event.type === "playerDestroy"));
  const told = events.map(({ type }) => type).filter((type) => type.startsWith("playerC") || type === "playerDestroy");
  expect(told).toEqual(["playerCreate", "playerDestroy"]);
});

describe("a voice connection that closes", () => {
  test("with 4014 waits a minute for the main gateway to come back, then the player is gone and the channel left", async () => {
    const { clock, simulator, lavalink, join, next, events, signaling } = await openWorld();
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    await clock.advance(10_000);
    const closed = next("voiceClosed");
    simulator.faults.closeVoice(guildId, { code: 4014 });
    await closed;
    await clock.advance(59_900);
    expect(lavalink.players.size).toBe(1);
    const destroyed = next("playerDestroy");
    await clock.advance(200);
    expect((await destroyed).reason).toBe("voiceLost");
    await eventually(() => signaling.requests.at(-1)?.channelId === null);
    await eventually(() => simulator.players.length === 0);
    expect(events.find((event) => event.type === "playerError")?.error.code).toBe("LAVALINK_VOICE_LOST");
    await expect(player.pause()).rejects.toMatchObject({ code: "LAVALINK_PLAYER_DESTROYED" });
  });

  test("with 4014 goes on when the bot was moved, whichever is told first", async () => {
    const { clock, simulator, lavalink, join, next, signaling } = await openWorld();
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    await clock.advance(10_000);
    const closed = next("voiceClosed");
    simulator.faults.closeVoice(guildId, { code: 4014 });
    await closed;
    signaling.state(guildId, otherChannelId, "s2");
    signaling.server(guildId, "other.invalid", "t2");
    await clock.advance(10_000);
    expect(player.channelId).toBe(otherChannelId);
    signaling.state(guildId, channelId, "s3");
    signaling.server(guildId, "other.invalid", "t3");
    const closedAgain = next("voiceClosed");
    simulator.faults.closeVoice(guildId, { code: 4014 });
    await closedAgain;
    await clock.advance(10_000);
    expect(lavalink.players.size).toBe(1);
  });

  test.each([4006, 4009])("with %i rejoins for a new session", async (code) => {
    const { simulator, lavalink, join, patches, signaling } = await openWorld();
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    simulator.faults.closeVoice(guildId, { code });
    await eventually(() => patches().length === 2);
    expect(signaling.requests.map((request) => request.channelId)).toEqual([channelId, null, channelId]);
    expect(patches()[1]?.body).toMatchObject({ voice: { sessionId: "session-3", token: "token-3" } });
    expect(lavalink.players.size).toBe(1);
  });

  test("with 4017 tells that the node lacks end-to-end encryption", async () => {
    const { simulator, lavalink, join, next } = await openWorld();
    const player = await join();
    await player.play(trackOf(await lavalink.load("morning")));
    const failed = next("playerError");
    simulator.faults.closeVoice(guildId, { code: 4017 });
    expect((await failed).error.code).toBe("LAVALINK_DAVE_REQUIRED");
  });
});

test("a bot that was disconnected loses its player after the grace, whatever the node tells of it", async () => {
  const { clock, simulator, lavalink, join, next, signaling } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  await clock.advance(10_000);
  const destroyed = next("playerDestroy");
  const closed = next("voiceClosed");
  signaling.state(guildId, null);
  simulator.faults.closeVoice(guildId, { code: 4014 });
  await closed;
  await clock.advance(5_000);
  expect((await destroyed).reason).toBe("voiceLost");
});

test("leave takes the player off the node and out of the channel", async () => {
  const { simulator, lavalink, join, next, signaling } = await openWorld();
  const player = await join();
  await player.play(trackOf(await lavalink.load("morning")));
  const destroyed = next("playerDestroy");
  await player.leave();
  await player.leave();
  expect((await destroyed).reason).toBe("left");
  expect(simulator.players).toEqual([]);
  expect(signaling.requests.at(-1)?.channelId).toBeNull();
  expect(lavalink.players.size).toBe(0);
});
