import { once } from "node:events";
import { startVoiceSimulator, type VoiceSimulator, type VoiceSimulatorOptions } from "@antiphon/sim/voice";
import { createManualClock, waitFor } from "@antiphon/std";
import { DAVESession } from "@snazzah/davey";
import { afterEach, describe, expect, test } from "vitest";
import {
  allocate,
  channelId,
  connectRaw,
  guildId,
  joinRaw,
  type RawClient,
  type RawMember,
} from "./voice-raw-client.ts";

const [ada, ben, cai] = ["101", "102", "103"] as const;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(options?: VoiceSimulatorOptions): Promise<VoiceSimulator> {
  const simulator = await startVoiceSimulator(options);
  open.push(() => simulator.close());
  return simulator;
}

function connect(simulator: VoiceSimulator, query?: string): RawClient {
  const client = connectRaw(simulator, query);
  open.push(() => client.socket.terminate());
  return client;
}

async function join(simulator: VoiceSimulator, userId: string): Promise<RawMember> {
  const member = await joinRaw(simulator, userId);
  open.push(() => member.close());
  return member;
}

describe("a connection", () => {
  test("is greeted, identifies, selects a mode and is numbered from READY on", async () => {
    const simulator = await start({ heartbeatIntervalMs: 41_250 });
    const client = connect(simulator);
    const hello = await client.next(8);
    expect(hello).toMatchObject({ d: { v: 8, heartbeat_interval: 41_250 }, seq: undefined });
    client.send(0, allocate(simulator, ada));
    const ready = await client.next(2);
    expect(ready.seq).toBe(1);
    expect(ready.d["modes"]).toEqual(["aead_aes256_gcm_rtpsize", "aead_xchacha20_poly1305_rtpsize"]);
    const joined = waitFor(simulator, "memberJoin");
    client.send(1, { protocol: "udp", data: { address: "127.0.0.1", port: 9, mode: "aead_aes256_gcm_rtpsize" } });
    const description = await client.next(4);
    expect(description).toMatchObject({ seq: 2, d: { mode: "aead_aes256_gcm_rtpsize", dave_protocol_version: 1 } });
    expect(description.d["secret_key"]).toHaveLength(32);
    expect(await joined).toMatchObject({ guildId, channelId, userId: ada, ssrc: ready.d["ssrc"] });
    const externalSender = await client.next(25);
    expect(externalSender.seq).toBe(3);
    expect(simulator.rooms).toMatchObject([
      { guildId, channelId, members: [{ userId: ada, connected: true, attached: true }] },
    ]);
  });

  test("has its heartbeats acknowledged with their own nonce, also before it identifies", async () => {
    const client = connect(await start());
    await client.next(8);
    client.send(3, { t: 1_700_000_000_123, seq_ack: -1 });
    expect(await client.next(6)).toMatchObject({ d: { t: 1_700_000_000_123 }, seq: undefined });
  });

  test("is closed with 4009 after three intervals without a heartbeat", async () => {
    const clock = createManualClock();
    const client = connect(await start({ clock, heartbeatIntervalMs: 1000 }));
    await client.next(8);
    await clock.advance(2999);
    client.send(3, { t: 1, seq_ack: -1 });
    await client.next(6);
    await clock.advance(2999);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await clock.advance(1);
    expect(await client.closed).toBe(4009);
  });
});

describe("a client is refused with", () => {
  type Act = (client: RawClient, simulator: VoiceSimulator) => void;
  const select = (protocol: string, mode: string) => ({ protocol, data: { address: "127.0.0.1", port: 9, mode } });
  const refusals: [number, string, Act][] = [
    [4001, "an unknown opcode", (client) => client.send(99, {})],
    [4001, "an unknown binary opcode", (client) => client.sendBytes(Buffer.of(99))],
    [4002, "no JSON", (client) => client.socket.send("{")],
    [4002, "a field of the wrong type", (client) => client.send(3, { t: "now", seq_ack: 0 })],
    [4003, "op 5 before IDENTIFY", (client) => client.send(5, { speaking: 1, delay: 0, ssrc: 1 })],
    [4004, "a wrong token", (client, simulator) => client.send(0, { ...allocate(simulator, ada), token: "wrong" })],
    [
      4006,
      "an unknown session",
      (client, simulator) => client.send(0, { ...allocate(simulator, ada), session_id: "other" }),
    ],
    [
      4006,
      "a user who was not admitted",
      (client, simulator) => client.send(0, { ...allocate(simulator, ada), user_id: ben }),
    ],
    [
      4005,
      "a second IDENTIFY",
      (client, simulator) => {
        const credentials = allocate(simulator, ada);
        client.send(0, credentials);
        client.send(0, credentials);
      },
    ],
    [
      4012,
      "an unknown protocol",
      (client, simulator) => {
        client.send(0, allocate(simulator, ada));
        client.send(1, select("webrtc", "aead_aes256_gcm_rtpsize"));
      },
    ],
    [
      4016,
      "a retired mode",
      (client, simulator) => {
        client.send(0, allocate(simulator, ada));
        client.send(1, select("udp", "xsalsa20_poly1305"));
      },
    ],
    [
      4017,
      "no DAVE version",
      (client, simulator) => client.send(0, { ...allocate(simulator, ada), max_dave_protocol_version: 0 }),
    ],
    [
      4020,
      "a key package that is none",
      (client, simulator) => {
        client.send(0, allocate(simulator, ada));
        client.send(1, select("udp", "aead_aes256_gcm_rtpsize"));
        client.sendBytes(Buffer.of(26, 0, 1));
      },
    ],
  ];
  test.each(refusals)("%i for %s", async (code, _what, act) => {
    const simulator = await start();
    const client = connect(simulator);
    await once(client.socket, "open");
    act(client, simulator);
    expect(await client.closed).toBe(code);
    expect(simulator.rooms).toEqual([]);
  });

  test("4020 for another version of the gateway", async () => {
    expect(await connect(await start(), "?v=7").closed).toBe(4020);
  });
});

test("a client without DAVE may join a room of version 0", async () => {
  const simulator = await start({ daveProtocolVersion: 0 });
  const client = connect(simulator);
  await client.next(8);
  client.send(0, { ...allocate(simulator, ada), max_dave_protocol_version: 0 });
  await client.next(2);
});

test("undocumented opcodes of clients are ignored", async () => {
  const client = connect(await start());
  await client.next(8);
  for (const op of [12, 14, 15, 16, 18, 20]) client.send(op, {});
  client.send(3, { t: 5, seq_ack: -1 });
  await client.next(6);
});

test("members hear who comes, who speaks and who goes", async () => {
  const simulator = await start({ daveProtocolVersion: 0 });
  const first = await join(simulator, ada);
  first.send(5, { speaking: 1, delay: 0, ssrc: first.ssrc });
  await waitFor(simulator, "speaking", { filter: ({ userId, flags }) => userId === ada && flags === 1 });
  const second = await join(simulator, ben);
  expect((await first.next(11)).d).toEqual({ user_ids: [ben] });
  // A newcomer learns whose SSRC it hears, although the speaker had begun before.
  expect((await second.next(5)).d).toMatchObject({ user_id: ada, ssrc: first.ssrc, speaking: 1 });
  second.send(5, { speaking: 1, delay: 0, ssrc: second.ssrc });
  expect((await first.next(5)).d).toMatchObject({ user_id: ben, ssrc: second.ssrc, speaking: 1 });
  const left = waitFor(simulator, "memberLeave");
  second.socket.close(1000);
  expect((await first.next(13)).d).toEqual({ user_id: ben });
  expect(await left).toMatchObject({ userId: ben });
});

describe("a resume", () => {
  /** Goes on with a member's session on a new socket. */
  async function resume(
    simulator: VoiceSimulator,
    { credentials }: RawMember,
    sequenceAck: number,
  ): Promise<RawClient> {
    const { server_id, session_id, token } = credentials;
    const client = connect(simulator);
    await client.next(8);
    client.send(7, { server_id, session_id, token, seq_ack: sequenceAck });
    return client;
  }

  /** Sends op 26, and waits until the server has read it. */
  async function sendKeyPackage(member: RawMember): Promise<void> {
    const session = new DAVESession(1, member.credentials.user_id, channelId);
    member.sendBytes(Buffer.concat([Buffer.of(26), session.getSerializedKeyPackage()]));
    member.send(3, { t: 1, seq_ack: -1 });
    await member.next(6);
  }

  test("repeats what was missed in order, binary messages too, across the wrap of the sequence", async () => {
    // READY is 65533, so that SESSION DESCRIPTION is 65534 and op 25 is 65535.
    const simulator = await start({ firstSequence: 0xfffd });
    const member = await join(simulator, ada);
    expect((await member.next(25)).seq).toBe(0xffff);
    await sendKeyPackage(member);
    simulator.closeSocket(guildId, ada, 4015);
    expect(await member.closed).toBe(4015);
    expect(simulator.rooms[0]?.members).toMatchObject([{ userId: ada, attached: false }]);
    await sendKeyPackage(await join(simulator, ben));

    const resumed = await resume(simulator, member, 0xffff);
    await resumed.next(9);
    expect(await resumed.next(11)).toMatchObject({ seq: 0, d: { user_ids: [ben] } });
    const proposals = await resumed.next(27);
    expect(proposals.seq).toBe(1);
    expect(simulator.getStats().resumes).toBe(1);
  });

  test("numbers 0 like any other", async () => {
    const simulator = await start({ firstSequence: 0xfffd, daveProtocolVersion: 0 });
    const member = await join(simulator, ada);
    simulator.closeSocket(guildId, ada, 1006);
    await member.closed;
    for (const userId of [ben, cai]) await join(simulator, userId);

    const resumed = await resume(simulator, member, 0xfffe);
    expect((await resumed.next(11)).seq).toBe(0xffff);
    expect((await resumed.next(11)).seq).toBe(0);
    resumed.socket.terminate();
    const again = await resume(simulator, member, 0xffff);
    expect(await again.next(11)).toMatchObject({ seq: 0, d: { user_ids: [cai] } });
  });

  test("is refused with 4006 when its place is no longer remembered, and the old one goes on", async () => {
    const simulator = await start({ daveProtocolVersion: 0 });
    const member = await join(simulator, ada);
    member.send(3, { t: 1, seq_ack: 2 });
    await member.next(6);
    const late = await resume(simulator, member, 1);
    expect(await late.closed).toBe(4006);
    const future = await resume(simulator, member, 77);
    expect(await future.closed).toBe(4006);
    member.send(3, { t: 2, seq_ack: 2 });
    await member.next(6);
  });

  test("cuts a socket that is still there", async () => {
    const simulator = await start({ daveProtocolVersion: 0 });
    const member = await join(simulator, ada);
    const resumed = await resume(simulator, member, 2);
    await resumed.next(9);
    expect(await member.closed).toBe(1006);
    expect(simulator.rooms[0]?.members).toHaveLength(1);
  });

  test("comes too late when the session has waited its time", async () => {
    const clock = createManualClock();
    const simulator = await start({ clock, daveProtocolVersion: 0, resumeTimeoutMs: 5000 });
    const member = await join(simulator, ada);
    simulator.closeSocket(guildId, ada, 1006);
    const left = waitFor(simulator, "memberLeave");
    await clock.advance(5000);
    expect(await left).toMatchObject({ userId: ada });
    const late = await resume(simulator, member, 2);
    expect(await late.closed).toBe(4006);
  });
});

describe("a member", () => {
  test("who is kicked gets 4014 and cannot come back", async () => {
    const simulator = await start();
    const member = await join(simulator, ada);
    expect(simulator.kick(guildId, ada)).toBe(true);
    expect(await member.closed).toBe(4014);
    expect(simulator.rooms).toEqual([]);
    const again = connect(simulator);
    await again.next(8);
    again.send(0, member.credentials);
    expect(await again.closed).toBe(4006);
    expect(simulator.kick(guildId, ada)).toBe(false);
  });

  test("who is admitted anew, as in a move, loses the old session with 4014", async () => {
    const simulator = await start();
    const member = await join(simulator, ada);
    await join(simulator, ada);
    expect(await member.closed).toBe(4014);
    expect(simulator.rooms[0]?.members).toHaveLength(1);
  });

  test.each([4006, 4009, 4021, 4022])("whose socket is closed with %i has no session any more", async (code) => {
    const simulator = await start();
    const member = await join(simulator, ada);
    expect(simulator.closeSocket(guildId, ada, code)).toBe(true);
    expect(await member.closed).toBe(code);
    expect(simulator.rooms).toEqual([]);
    expect(simulator.closeSocket(guildId, ada, code)).toBe(false);
  });
});

test("closing cuts everybody off, and may be repeated", async () => {
  const simulator = await start();
  const member = await join(simulator, ada);
  await Promise.all([simulator.close(), simulator.close()]);
  expect([1001, 1006]).toContain(await member.closed);
  expect(simulator.rooms).toEqual([]);
});
