import { setDefaultCACertificates } from "node:tls";
import type { ChannelId, UserId } from "@antiphon/protocol/discord";
import { startVoiceSimulator, type VoiceSimulator, type VoiceSimulatorOptions } from "@antiphon/sim/voice";
import { waitFor } from "@antiphon/std";
import { afterEach, expect, test } from "vitest";
import { frameOf, joinWithDiscordJs, type DiscordJsClient } from "./voice-discordjs-client.ts";

const channelId = "900000000000000001" as ChannelId;
const [ada, ben, cai] = ["100000000000000001", "100000000000000002", "100000000000000003"] as UserId[] as [
  UserId,
  UserId,
  UserId,
];
const FRAMES = 40;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(options?: VoiceSimulatorOptions): Promise<VoiceSimulator> {
  const simulator = await startVoiceSimulator(options);
  open.push(() => simulator.close());
  setDefaultCACertificates([simulator.certificatePem]);
  return simulator;
}

async function join(simulator: VoiceSimulator, userId: UserId): Promise<DiscordJsClient> {
  const client = await joinWithDiscordJs(simulator, channelId, userId);
  open.push(() => {
    if (client.connection.state.status !== "destroyed") client.leave();
  });
  return client;
}

/** Resolves once the DAVE group consists of exactly these members. */
function group(simulator: VoiceSimulator, ...userIds: UserId[]) {
  return waitFor(simulator, "daveEpoch", {
    filter: (event) => event.epoch > 0 && event.userIds.toSorted().join() === userIds.toSorted().join(),
  });
}

/**
 * Every frame that arrives is one that was sent, unchanged, and none is missing in between. The first ones may be: until op 5 has told
 * @discordjs/voice whose SSRC it hears, it throws packets away.
 */
function expectUnbrokenSpeech(heard: readonly Buffer[], userId: UserId): void {
  const first = Number(/number (\d+) /.exec(heard[0]?.toString() ?? "")?.[1]);
  expect(heard.map(String)).toEqual(heard.map((_, index) => frameOf(userId, first + index).toString()));
}

test("two clients talk both ways, bit by bit, under one privacy code", async () => {
  const simulator = await start();
  const packets = { plain: 0, encrypted: 0 };
  const whole = group(simulator, ada, ben);
  const [first, second] = await Promise.all([join(simulator, ada), join(simulator, ben)]);
  await Promise.all([whole, first.transitioned, second.transitioned]);
  expect(first.privacyCode()).toMatch(/^\d{30}$/);
  expect(second.privacyCode()).toBe(first.privacyCode());

  simulator.on("packet", ({ endToEndEncrypted }) => packets[endToEndEncrypted ? "encrypted" : "plain"]++);
  const hearing = Promise.all([first.hear(ben, FRAMES), second.hear(ada, FRAMES)]);
  using _speech = first.speak();
  using _answer = second.speak();
  const [fromSecond, fromFirst] = await hearing;
  expectUnbrokenSpeech(fromFirst, ada);
  expectUnbrokenSpeech(fromSecond, ben);
  expect(packets.encrypted).toBeGreaterThanOrEqual(2 * FRAMES);
  expect(packets.plain).toBe(0);
  expect(simulator.getStats().media).toMatchObject({ undecryptable: 0, unknownSsrc: 0 });
});

test("of three members one leaves, and the others go on under a new code", async () => {
  const simulator = await start();
  const pair = group(simulator, ada, ben);
  const first = await join(simulator, ada);
  const second = await join(simulator, ben);
  await Promise.all([pair, first.transitioned, second.transitioned]);
  const codeOfTwo = first.privacyCode();

  const trio = group(simulator, ada, ben, cai);
  const third = await join(simulator, cai);
  await Promise.all([trio, third.transitioned]);
  const codeOfThree = third.privacyCode();
  expect(codeOfThree).not.toBe(codeOfTwo);
  const hearing = Promise.all([second.hear(ada, FRAMES), third.hear(ada, FRAMES)]);
  using _speech = first.speak();
  for (const heard of await hearing) expectUnbrokenSpeech(heard, ada);

  const left = group(simulator, ada, cai);
  const settled = new Promise((resolve) => first.connection.once("transitioned", resolve));
  second.leave();
  await Promise.all([left, settled]);
  expectUnbrokenSpeech(await third.hear(ada, FRAMES), ada);
  expect(third.privacyCode()).toBe(first.privacyCode());
  expect(third.privacyCode()).not.toBe(codeOfThree);
});

test(
  "ten members join one after the other, and seven leave, while one of them speaks",
  { timeout: 300_000 },
  async () => {
    const simulator = await start();
    const userIds = Array.from({ length: 10 }, (_, index) => String(100000000000000001n + BigInt(index)) as UserId);
    const clients: DiscordJsClient[] = [];
    for (const userId of userIds) {
      const whole = clients.length === 0 ? null : group(simulator, ...userIds.slice(0, clients.length + 1));
      clients.push(await join(simulator, userId));
      await whole;
    }
    const codeOf = async (members: readonly DiscordJsClient[], before: string | null | undefined) => {
      const codes = () => [...new Set(members.map((member) => member.privacyCode()))];
      await expect.poll(() => codes().length === 1 && codes()[0] !== before, { timeout: 60_000 }).toBe(true);
      return codes()[0];
    };
    const codeOfTen = await codeOf(clients, undefined);
    const [speaker, ...listeners] = clients as [DiscordJsClient, ...DiscordJsClient[]];
    using _speech = speaker.speak();
    const heard = await Promise.all(listeners.map((listener) => listener.hear(speaker.userId, FRAMES)));
    for (const frames of heard) expectUnbrokenSpeech(frames, speaker.userId);

    const staying = listeners.slice(7);
    const rest = group(simulator, speaker.userId, ...staying.map(({ userId }) => userId));
    for (const listener of listeners.slice(0, 7)) listener.leave();
    await rest;
    expect(await codeOf([speaker, ...staying], codeOfTen)).toMatch(/^\d{30}$/);
    const later = await Promise.all(staying.map((listener) => listener.hear(speaker.userId, FRAMES)));
    for (const frames of later) expectUnbrokenSpeech(frames, speaker.userId);
    expect(simulator.getStats().media.undecryptable).toBe(0);
  },
);

test("a group that shrinks to one is dissolved and forms again with the next member", async () => {
  const simulator = await start();
  const pair = group(simulator, ada, ben);
  const first = await join(simulator, ada);
  const second = await join(simulator, ben);
  await pair;
  const dissolved = waitFor(simulator, "daveEpoch", { filter: ({ epoch }) => epoch === 0 });
  second.leave();
  await dissolved;

  const next = group(simulator, ada, cai);
  const third = await join(simulator, cai);
  await Promise.all([next, third.transitioned]);
  const hearing = third.hear(ada, FRAMES);
  using _speech = first.speak();
  expectUnbrokenSpeech(await hearing, ada);
  expect(third.privacyCode()).toBe(first.privacyCode());
});

test("a room of version 0 talks under transport encryption alone", async () => {
  const simulator = await start({ daveProtocolVersion: 0 });
  const [first, second] = await Promise.all([join(simulator, ada), join(simulator, ben)]);
  const hearing = Promise.all([first.hear(ben, FRAMES), second.hear(ada, FRAMES)]);
  using _speech = first.speak();
  using _answer = second.speak();
  const [fromSecond, fromFirst] = await hearing;
  expectUnbrokenSpeech(fromFirst, ada);
  expectUnbrokenSpeech(fromSecond, ben);
  expect(first.privacyCode()).toBeUndefined();
  expect(simulator.rooms[0]).toMatchObject({ daveEpoch: 0, daveUserIds: [] });
});

test("a client whose socket is cut resumes and misses nothing", async () => {
  const simulator = await start();
  const pair = group(simulator, ada, ben);
  const [first, second] = await Promise.all([join(simulator, ada), join(simulator, ben)]);
  await Promise.all([pair, first.transitioned, second.transitioned]);

  // The third member's proposals are sent while the first has no socket, and must reach it after the resume.
  const trio = group(simulator, ada, ben, cai);
  simulator.closeSocket("800000000000000001", ada, 1006);
  const third = await join(simulator, cai);
  await Promise.all([trio, third.transitioned]);
  const hearing = Promise.all([second.hear(ada, FRAMES), third.hear(ada, FRAMES)]);
  using _speech = first.speak();
  for (const heard of await hearing) expectUnbrokenSpeech(heard, ada);
  expect(simulator.getStats().resumes).toBe(1);
});
