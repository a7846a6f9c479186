import { createSeededRandom, waitFor, type Random } from "@antiphon/std";
import { createVoiceManager, type VoiceConnection, type VoiceManager, type VoiceWorkers } from "@antiphon/voice";
import { expect, test } from "vitest";
import { opusFrames, sourceOf, spoken } from "./opus-frames.ts";
import { CHANNEL, GUILD, openRig, OTHER_CHANNEL, takeSpoken, type FakeSignaling, type VoiceRig } from "./voice-rig.ts";

const BOT = "300000000000000001";
const BOB = "300000000000000002";
const SEEDS = process.env["ANTIPHON_CHAOS_SEED"]?.split(",").map(Number) ?? [1, 2, 3];
const FAULTS_PER_RUN = 5;

interface Stage {
  readonly rig: VoiceRig;
  readonly signaling: FakeSignaling;
  readonly manager: VoiceManager;
  readonly connection: VoiceConnection;
  readonly random: Random;
}

/** Makes the pool's thread throw: a room of its own whose memory is none. */
function crashThread(workers: VoiceWorkers): Promise<unknown> {
  const crashed = Promise.withResolvers<unknown>();
  workers.lease(() => {}, crashed.resolve).send({ type: "open", memory: {} as never, ca: undefined });
  return crashed.promise;
}

async function untilStanding({ connection }: Stage): Promise<void> {
  if (connection.state.name !== "connected")
    await waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "connected" });
}

const faults: Readonly<Record<string, (stage: Stage) => Promise<void> | void>> = {
  async "socket cut, to be resumed"({ rig, connection, random }) {
    const lost = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "reconnecting" });
    if (rig.simulator.closeSocket(GUILD, BOT, random.pick([1001, 1006, 4015]))) await lost;
  },
  async "session lost"({ rig, connection, random }) {
    const lost = waitFor(connection, "sessionLost");
    if (rig.simulator.closeSocket(GUILD, BOT, random.pick([4006, 4009, 4011]))) await lost;
  },
  async "socket cut again while it is opened"({ rig, connection, random }) {
    const lost = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "reconnecting" });
    if (!rig.simulator.closeSocket(GUILD, BOT, 1006)) return;
    await lost;
    const turns = random.integer(0, 200);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    rig.simulator.closeSocket(GUILD, BOT, random.pick([1006, 4006]));
  },
  async "server gone, then a new one"({ rig, signaling, connection }) {
    const lost = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "reconnecting" });
    signaling.dispatchServer({ guildId: GUILD, token: "none", endpoint: null });
    await lost;
    const { channelId, sessionId, token, endpoint } = rig.allocate(BOT, connection.channelId);
    signaling.dispatchState({ guildId: GUILD, userId: signaling.userId, channelId, sessionId });
    signaling.dispatchServer({ guildId: GUILD, token, endpoint });
  },
  async "a move"({ manager, connection }) {
    const channelId = connection.channelId === CHANNEL ? OTHER_CHANNEL : CHANNEL;
    await manager.move({ guildId: GUILD, channelId });
  },
  async "a crash of the voice thread"({ rig, connection }) {
    const lost = waitFor(connection, "stateChange", { filter: ({ to }) => to.name === "reconnecting" });
    await crashThread(rig.workers);
    await lost;
  },
  "UDP blackout"({ rig }) {
    rig.simulator.setFaults({ lossRatio: 1 });
  },
  "UDP damage"({ rig }) {
    rig.simulator.setFaults({
      lossRatio: 0.1,
      reorderRatio: 0.2,
      duplicateRatio: 0.1,
      corruptRatio: 0.1,
      jitterMs: 30,
    });
  },
  "UDP heals"({ rig }) {
    rig.simulator.setFaults({});
  },
};

test.each(SEEDS)(
  "seed %i: whatever happens, the connection recovers and the playback goes on",
  { timeout: 180_000 },
  async (seed) => {
    await using rig = await openRig({ daveProtocolVersion: seed % 2 === 0 ? 1 : 0 });
    const signaling = rig.signaling(BOT);
    const manager = createVoiceManager({ signaling, workers: rig.workers, tls: { ca: rig.simulator.certificatePem } });
    const connection = await manager.join({ guildId: GUILD, channelId: CHANNEL });
    // In both channels somebody is there, so that a group stands wherever the bot goes.
    const bob = await rig.connect(BOB, CHANNEL);
    await rig.connect("300000000000000003", OTHER_CHANNEL);
    const stage: Stage = { rig, signaling, manager, connection, random: createSeededRandom(seed) };
    const playback = connection.play(sourceOf(opusFrames(3_000, seed)));
    let positionMs = 0;
    for (let count = 0; count < FAULTS_PER_RUN; count++) {
      await untilStanding(stage);
      await faults[stage.random.pick(Object.keys(faults))]?.(stage);
      await untilStanding(stage);
      // What was sent is never sent again: the position only grows.
      expect(playback.positionMs).toBeGreaterThanOrEqual(positionMs);
      positionMs = playback.positionMs;
      await expect.poll(() => playback.positionMs, { timeout: 60_000 }).toBeGreaterThan(positionMs);
    }
    rig.simulator.setFaults({});
    await manager.move({ guildId: GUILD, channelId: CHANNEL });
    const heard = spoken(await takeSpoken(bob.receive(BOT), 10));
    const known = new Set(spoken(opusFrames(3_000, seed)));
    expect(heard.every((frame) => known.has(frame))).toBe(true);
    playback.stop();
    await manager.close();
    expect(rig.workers.running).toBe(1);
  },
);

test("a crashed voice thread is replaced, the room joined again, and the playback goes on where it was", async () => {
  await using rig = await openRig();
  const alice = await rig.connect(BOT);
  const bob = await rig.connect(BOB);
  const states: string[] = [];
  alice.on("stateChange", ({ to }) => void states.push(to.name));
  const frames = opusFrames(150, 30);
  const playback = alice.play(sourceOf(frames));
  await expect.poll(() => playback.positionMs).toBeGreaterThan(200);
  await crashThread(rig.workers);
  expect(await playback.ended).toBe("finished");
  // At most the frame that was read ahead is lost.
  expect(playback.positionMs).toBeGreaterThanOrEqual(2_980);
  expect(states).toEqual(["reconnecting", "connected"]);
  expect(rig.workers.running).toBe(1);
  expect(bob.state.name).toBe("connected");
});

test("a thread that crashes again and again ends its connections with VOICE_WORKER_FAILED", async () => {
  await using rig = await openRig({ daveProtocolVersion: 0 });
  const alice = await rig.connect(BOT);
  for (let crash = 0; crash < 4; crash++) await crashThread(rig.workers);
  expect(await alice.closed).toMatchObject({ code: "VOICE_WORKER_FAILED" });
});

test("a kick while the bot connects makes the join fail with a documented code", async () => {
  await using rig = await openRig();
  const signaling = rig.signaling(BOT);
  const manager = createVoiceManager({ signaling, workers: rig.workers, tls: { ca: rig.simulator.certificatePem } });
  const joining = manager.join({ guildId: GUILD, channelId: CHANNEL }).catch((error: unknown) => error);
  await expect.poll(() => rig.simulator.rooms.length, { interval: 1 }).toBe(1);
  rig.simulator.kick(GUILD, BOT);
  signaling.dispatchState({ guildId: GUILD, userId: signaling.userId, channelId: null, sessionId: "gone" });
  const outcome = await joining;
  // The join may have been faster; then it is the connection that ends.
  const reason = "closed" in (outcome as VoiceConnection) ? await (outcome as VoiceConnection).closed : outcome;
  expect(reason).toMatchObject({ code: "VOICE_KICKED" });
  await manager.close();
  expect(rig.workers.running).toBe(0);
});
