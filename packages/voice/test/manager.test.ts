import { startVoiceSimulator } from "@antiphon/sim/voice";
import type { UserId } from "@antiphon/protocol/discord";
import { waitFor } from "@antiphon/std";
import { connectVoice, createVoiceManager } from "@antiphon/voice";
import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { CHANNEL, GUILD, openRig, OTHER_CHANNEL, takeSpoken, type VoiceRig } from "./voice-rig.ts";

const BOT = "300000000000000001";
const BOB = "300000000000000002";

function managerOf(rig: VoiceRig) {
  const signaling = rig.signaling(BOT);
  const manager = createVoiceManager({ signaling, workers: rig.workers, tls: { ca: rig.simulator.certificatePem } });
  return { signaling, manager };
}

test("joins, moves while it plays, and leaves", async () => {
  await using rig = await openRig();
  const { signaling, manager } = managerOf(rig);
  const connection = await manager.join({ guildId: GUILD, channelId: CHANNEL });
  expect(connection.state.name).toBe("connected");
  const bob = await rig.connect(BOB, OTHER_CHANNEL);
  const frames = opusFrames(60, 8);
  const heard = takeSpoken(bob.receive(BOT), 20);

  expect(await manager.move({ guildId: GUILD, channelId: OTHER_CHANNEL })).toBe(connection);
  expect(connection.channelId).toBe(OTHER_CHANNEL);
  connection.play(sourceOf(frames));
  expect(spoken(await heard)).toEqual(spoken(frames.slice(0, 20)));

  await manager.leave(GUILD);
  expect((await connection.closed).code).toBe("VOICE_CLOSED");
  expect(manager.connections.size).toBe(0);
  expect(signaling.requests).toEqual([CHANNEL, OTHER_CHANNEL, null]);
  await manager.close();
});

test("a playback survives a lost session: op 4 is sent again and the rest is played", async () => {
  await using rig = await openRig({ daveProtocolVersion: 0 });
  const { signaling, manager } = managerOf(rig);
  const connection = await manager.join({ guildId: GUILD, channelId: CHANNEL });
  const playback = connection.play(sourceOf(opusFrames(60, 9)));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(100);
  const lost = waitFor(connection, "sessionLost");
  rig.simulator.closeSocket(GUILD, BOT, 4006);
  expect(await lost).toMatchObject({ attempt: 0, closeCode: 4006 });
  expect(await playback.ended).toBe("finished");
  expect(playback.positionMs).toBe(1_200);
  expect(signaling.requests).toEqual([CHANNEL, CHANNEL]);
  await manager.close();
});

test("a change of the voice region moves the connection to another server while it plays", async () => {
  await using rig = await openRig();
  await using elsewhere = await startVoiceSimulator();
  const signaling = rig.signaling(BOT);
  const ca = rig.simulator.certificatePem + elsewhere.certificatePem;
  await using manager = createVoiceManager({ signaling, workers: rig.workers, tls: { ca } });
  const connection = await manager.join({ guildId: GUILD, channelId: CHANNEL });
  const session = { guildId: GUILD, channelId: CHANNEL, userId: BOB as UserId, sessionId: "bob" };
  const { token: tokenOfBob } = elsewhere.allocate(session);
  const credentials = { ...session, token: tokenOfBob, endpoint: elsewhere.endpoint };
  await using bob = await connectVoice({ credentials, workers: rig.workers, tls: { ca } });
  const heard = takeSpoken(bob.receive(BOT), 20);
  const frames = opusFrames(300, 10);
  const playback = connection.play(sourceOf(frames));
  await waitFor(playback, "start");

  // Discord names the new server and, soon after, closes the sockets of the old one.
  const { sessionId } = rig.lastSession();
  const { token } = elsewhere.allocate({ ...session, userId: signaling.userId, sessionId });
  signaling.dispatchServer({ guildId: GUILD, token, endpoint: elsewhere.endpoint });
  rig.simulator.kick(GUILD, BOT);
  const known = spoken(frames);
  const places = spoken(await heard).map((frame) => known.indexOf(frame));
  expect(places).toEqual(Array.from({ length: 20 }, (_, index) => (places[0] ?? 0) + index));
  expect(playback.positionMs).toBeGreaterThan(0);
  playback.stop();
});

test("a kick ends the connection at once when the main gateway tells of it", async () => {
  await using rig = await openRig();
  const { signaling, manager } = managerOf(rig);
  const connection = await manager.join({ guildId: GUILD, channelId: CHANNEL });
  rig.simulator.kick(GUILD, BOT);
  signaling.dispatchState({ guildId: GUILD, userId: signaling.userId, channelId: null, sessionId: "gone" });
  expect((await connection.closed).code).toBe("VOICE_KICKED");
  expect(() => connection.play(sourceOf([]))).toThrow(expect.objectContaining({ code: "VOICE_CLOSED" }));
  expect(signaling.requests).toEqual([CHANNEL]);
  expect(rig.workers.running).toBe(0);
  await manager.close();
});

test("a join that nobody answers times out, leaves, and can be tried again", async () => {
  await using rig = await openRig();
  const signaling = rig.signaling(BOT);
  const tls = { ca: rig.simulator.certificatePem };
  await using hasty = createVoiceManager({ signaling, workers: rig.workers, tls, joinTimeoutMs: 50 });
  signaling.ignoreNext();
  const failure = await hasty.join({ guildId: GUILD, channelId: CHANNEL }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "VOICE_JOIN_TIMED_OUT", retryable: true });
  expect(signaling.requests).toEqual([CHANNEL, null]);
  await using patient = createVoiceManager({ signaling, workers: rig.workers, tls });
  expect((await patient.join({ guildId: GUILD, channelId: CHANNEL })).state.name).toBe("connected");
});

test("an aborted join rejects with the signal's reason, and two racing joins share one connection", async () => {
  await using rig = await openRig();
  const { signaling, manager } = managerOf(rig);
  const abort = new AbortController();
  signaling.ignoreNext();
  const aborted = manager.join({ guildId: GUILD, channelId: CHANNEL, signal: abort.signal });
  await expect.poll(() => signaling.requests).toEqual([CHANNEL]);
  abort.abort(new Error("changed my mind"));
  await expect(aborted).rejects.toThrow("changed my mind");
  const [first, second] = await Promise.all([
    manager.join({ guildId: GUILD, channelId: CHANNEL }),
    manager.join({ guildId: GUILD, channelId: CHANNEL }),
  ]);
  expect(second).toBe(first);
  await manager.close();
  expect(rig.workers.running).toBe(0);
});

test.each([
  [4017, "VOICE_DAVE_REQUIRED"],
  [4004, "VOICE_AUTHENTICATION_FAILED"],
  [4021, "VOICE_RATE_LIMITED"],
  [4022, "VOICE_CALL_TERMINATED"],
  [4016, "VOICE_REJECTED"],
] as const)("close code %i ends the connection with %s, and nothing is tried again", async (code, expected) => {
  await using rig = await openRig();
  const { signaling, manager } = managerOf(rig);
  const connection = await manager.join({ guildId: GUILD, channelId: CHANNEL });
  rig.simulator.closeSocket(GUILD, BOT, code);
  expect(await connection.closed).toMatchObject({ code: expected, closeCode: code });
  expect(signaling.requests).toEqual([CHANNEL, null]);
  await manager.close();
});
