import {
  startVoiceSimulator,
  type VoiceSimulator,
  type VoiceSimulatorEvent,
  type VoiceSimulatorOptions,
} from "@antiphon/sim/voice";
import { createSeededRandom, waitFor } from "@antiphon/std";
import { afterEach, describe, expect, test } from "vitest";
import { joinRaw, open as openPacket, seal, type RawMember } from "./voice-raw-client.ts";

const GCM = "aead_aes256_gcm_rtpsize";
const XCHACHA = "aead_xchacha20_poly1305_rtpsize";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function start(options?: VoiceSimulatorOptions): Promise<VoiceSimulator> {
  const simulator = await startVoiceSimulator({ daveProtocolVersion: 0, random: createSeededRandom(4), ...options });
  open.push(() => simulator.close());
  return simulator;
}

async function join(simulator: VoiceSimulator, userId: string, mode?: string): Promise<RawMember> {
  const member = await joinRaw(simulator, userId, mode);
  open.push(() => member.close());
  return member;
}

/** A plain 12-byte RTP header. */
function header(ssrc: number, sequence: number, first = 0x80): Buffer {
  const bytes = Buffer.from([first, 0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt16BE(sequence, 2);
  bytes.writeUInt32BE(sequence * 960, 4);
  bytes.writeUInt32BE(ssrc, 8);
  return bytes;
}

const opus = (text: string) => Buffer.from(`opus: ${text}`);
const keepAlive = Buffer.from("8 bytes!");

describe("the UDP socket", () => {
  test("tells a member its address in 74 bytes, and says nothing to 70", async () => {
    const simulator = await start();
    const member = await join(simulator, "1");
    const request = Buffer.alloc(74);
    request.writeUInt16BE(1, 0);
    request.writeUInt16BE(70, 2);
    request.writeUInt32BE(member.ssrc, 4);
    member.sendDatagram(request.subarray(0, 70));
    member.sendDatagram(request);
    const response = await member.nextDatagram();
    expect(response).toHaveLength(74);
    expect(response.subarray(0, 8).toString("hex")).toBe(`00020046${member.ssrc.toString(16).padStart(8, "0")}`);
    expect(response.subarray(8, 72).toString()).toBe("127.0.0.1".padEnd(64, "\0"));
    expect(response.readUInt16BE(72)).toBe(member.udp.address().port);
  });

  test("echoes keep-alives of eight bytes", async () => {
    const member = await join(await start(), "1");
    member.sendDatagram(keepAlive);
    expect(await member.nextDatagram()).toEqual(keepAlive);
  });

  test("counts what it cannot use", async () => {
    const simulator = await start();
    const member = await join(simulator, "1");
    const sealed = seal(XCHACHA, member.secretKey, header(member.ssrc, 1), opus("x"), 1);
    const flipped = Buffer.from(sealed);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    member.sendDatagram(flipped);
    member.sendDatagram(sealed.subarray(0, 20));
    member.sendDatagram(seal(XCHACHA, member.secretKey, header(member.ssrc + 1, 1), opus("x"), 1));
    member.sendDatagram(Buffer.from("neither nor"));
    member.sendDatagram(keepAlive);
    await member.nextDatagram();
    expect(simulator.getStats().media).toMatchObject({ received: 0, undecryptable: 2, unknownSsrc: 1, ignored: 1 });
  });
});

describe.each([
  [GCM, XCHACHA],
  [XCHACHA, GCM],
])("media from a speaker under %s to a listener under %s", (speakerMode, listenerMode) => {
  test("keeps SSRC, sequence and timestamp, and arrives behind Discord's header extension", async () => {
    const simulator = await start();
    const speaker = await join(simulator, "1", speakerMode);
    const listener = await join(simulator, "2", listenerMode);
    const seen = waitFor(simulator, "packet");
    speaker.send(5, { speaking: 1, delay: 0, ssrc: speaker.ssrc });
    await listener.next(5);
    speaker.sendDatagram(seal(speakerMode, speaker.secretKey, header(speaker.ssrc, 7), opus("seven"), 1));
    const packet = await listener.nextDatagram();
    expect(packet.subarray(0, 12)).toEqual(header(speaker.ssrc, 7, 0x90));
    expect(packet.subarray(12, 16).toString("hex")).toBe("bede0001");
    expect(openPacket(listenerMode, listener.secretKey, packet, 16).subarray(4)).toEqual(opus("seven"));
    const expected: Partial<VoiceSimulatorEvent> = {
      type: "packet",
      sequence: 7,
      timestamp: 7 * 960,
      payloadBytes: opus("seven").length,
      endToEndEncrypted: false,
    };
    expect(await seen).toMatchObject(expected);
    expect(simulator.getStats().media).toMatchObject({ received: 1, forwarded: 1, beforeSpeaking: 0 });
  });

  test("is unwrapped from contributing sources, extension and padding on the way in", async () => {
    const simulator = await start();
    const speaker = await join(simulator, "1", speakerMode);
    const listener = await join(simulator, "2", listenerMode);
    // Padding, extension, one contributing source.
    const clear = Buffer.concat([header(speaker.ssrc, 8, 0xb1), Buffer.alloc(4), Buffer.from("bede0002", "hex")]);
    const plaintext = Buffer.concat([Buffer.alloc(8), opus("eight"), Buffer.of(0, 0, 3)]);
    speaker.sendDatagram(seal(speakerMode, speaker.secretKey, clear, plaintext, 1));
    const packet = await listener.nextDatagram();
    expect(openPacket(listenerMode, listener.secretKey, packet, 16).subarray(4)).toEqual(opus("eight"));
    expect(simulator.getStats().media.beforeSpeaking).toBe(1);
  });
});

test("the modes that are offered always end with XChaCha20 where nobody asked for it", async () => {
  const simulator = await start({ modes: [GCM] });
  await join(simulator, "1", XCHACHA);
  await expect(startVoiceSimulator({ modes: ["rot13" as typeof GCM] })).rejects.toThrow('mode "rot13" is unknown');
});

test("faults begin and end while a room is open", async () => {
  const simulator = await start({ faults: { lossRatio: 1 } });
  const speaker = await join(simulator, "1");
  const listener = await join(simulator, "2");
  const say = (sequence: number) => {
    const heard = waitFor(simulator, "packet", { filter: (packet) => packet.sequence === sequence });
    speaker.sendDatagram(seal(XCHACHA, speaker.secretKey, header(speaker.ssrc, sequence), opus("?"), sequence));
    return heard;
  };
  await say(1);
  expect(simulator.getStats().faults.lost).toBe(1);
  simulator.setFaults({ corruptRatio: 1 });
  await say(2);
  const corrupted = await listener.nextDatagram();
  expect(() => openPacket(XCHACHA, listener.secretKey, corrupted, 16)).toThrow();
  simulator.setFaults({});
  await say(3);
  expect((await listener.nextDatagram()).readUInt16BE(2)).toBe(3);
});
