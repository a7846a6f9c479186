import { RTP_HEADER_BYTES, writeRtpHeader } from "@antiphon/protocol/voice";
import { expect, test } from "vitest";
import { createRingReader, RING_FRAME_BYTES } from "../frame-ring.ts";
import { createConnectionMemory, viewControls, viewCounters } from "../shared-memory.ts";
import { createDaveySession } from "./davey-session.ts";
import type { PacketCipher } from "./packet-cipher.ts";
import { createPacketReceiver } from "./packet-receiver.ts";

const USER = "18446744073709551615";

/** A cipher that changes nothing, and refuses payloads that begin with 0xff. */
const clearCipher: PacketCipher = {
  mode: "aead_xchacha20_poly1305_rtpsize",
  seal: () => 0,
  open: (packet, clearBytes) => (packet[clearBytes] === 0xff ? null : Buffer.from(packet.subarray(clearBytes))),
  close() {},
};

function packetOf(sequence: number, payload: readonly number[], ssrc = 7): Buffer {
  const packet = Buffer.alloc(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(packet, { sequence, timestamp: sequence * 960, ssrc });
  packet.set(payload, RTP_HEADER_BYTES);
  return packet;
}

function open() {
  const memory = createConnectionMemory();
  const controls = viewControls(memory.controls);
  const ring = createRingReader(memory.receive);
  const log: string[] = [];
  const receiver = createPacketReceiver({
    ring: memory.receive,
    counters: viewCounters(memory.counters),
    controls,
    onFrames: () => log.push("frames"),
    onSpeaking: (userId, speaking) => log.push(`${userId} ${speaking}`),
  });
  const options = {
    protocolVersion: 0,
    userId: "1",
    channelId: "2",
    reply() {},
    onChange() {},
    debug() {},
    nowMs: () => 0,
  };
  controls.store("receiving", 1);
  receiver.setKeys({ cipher: clearCipher, e2ee: createDaveySession(options) });
  const read = () => {
    const frames: number[][] = [];
    const target = new Uint8Array(RING_FRAME_BYTES);
    const tag = new Uint32Array(4);
    for (let length = ring.read(target, tag); length >= 0; length = ring.read(target, tag)) {
      expect((BigInt(tag[0] ?? 0) << 32n) | BigInt(tag[1] ?? 0)).toBe(BigInt(USER));
      frames.push([...target.subarray(0, length)]);
    }
    return frames;
  };
  return { receiver, controls, counters: viewCounters(memory.counters), read, log };
}

test("keeps the first word of somebody whose SSRC is announced after it", () => {
  const { receiver, read, log } = open();
  receiver.onPacket(packetOf(1, [1]), 0);
  receiver.onPacket(packetOf(2, [2]), 20);
  expect(read()).toEqual([]);
  expect(receiver.busy).toBe(true);
  receiver.mapSsrc(7, USER, 60);
  receiver.onPacket(packetOf(3, [3]), 60);
  expect(read()).toEqual([[1], [2], [3]]);
  expect(log).toEqual([`${USER} true`, "frames"]);
});

test("lets go of packets that nobody claims within 200 ms, and counts them", () => {
  const { receiver, counters, read } = open();
  for (let sequence = 0; sequence < 200; sequence++) receiver.onPacket(packetOf(sequence, [1], 9), 0);
  expect(counters.get("packetsUnmapped")).toBe(72);
  receiver.sweep(200);
  expect(counters.get("packetsUnmapped")).toBe(200);
  receiver.mapSsrc(9, USER, 220);
  expect(read()).toEqual([]);
  expect(receiver.busy).toBe(false);
});

test("an undecryptable packet is a number, and the stream goes on", () => {
  const { receiver, counters, read } = open();
  receiver.mapSsrc(7, USER, 0);
  for (const [sequence, byte] of [
    [1, 1],
    [2, 0xff],
    [3, 3],
  ] as const)
    receiver.onPacket(packetOf(sequence, [byte]), 0);
  expect(read()).toEqual([[1], [3]]);
  expect(counters.get("packetsUndecryptable")).toBe(1);
  expect(counters.get("packetsLost")).toBe(0);
});

test("tells when somebody falls silent, leaves, or the session ends", () => {
  const { receiver, log } = open();
  receiver.mapSsrc(7, USER, 0);
  receiver.onPacket(packetOf(1, [1]), 0);
  receiver.sweep(199);
  receiver.sweep(200);
  receiver.onPacket(packetOf(2, [1]), 300);
  receiver.removeUser(USER);
  receiver.mapSsrc(7, USER, 400);
  receiver.onPacket(packetOf(3, [1]), 400);
  receiver.setKeys(null);
  expect(log.filter((line) => line !== "frames").map((line) => line.split(" ")[1])).toEqual([
    "true",
    "false",
    "true",
    "false",
    "true",
    "false",
  ]);
});

test("a reader that never comes costs a full ring and a count, not memory", () => {
  const { receiver, counters, read } = open();
  receiver.mapSsrc(7, USER, 0);
  for (let sequence = 0; sequence < 1_000; sequence++) receiver.onPacket(packetOf(sequence, [sequence & 0x7f]), 0);
  expect(counters.get("framesDropped")).toBe(1_000 - 256);
  expect(read()).toHaveLength(256);
});

test("turns no key while nobody listens, and takes no junk for packets", () => {
  const { receiver, controls, counters, read } = open();
  receiver.mapSsrc(7, USER, 0);
  controls.store("receiving", 0);
  receiver.onPacket(packetOf(1, [0xff]), 0);
  receiver.onPacket(Buffer.from("junk"), 0);
  expect(read()).toEqual([]);
  expect(counters.get("packetsReceived")).toBe(1);
  expect(counters.get("packetsUndecryptable")).toBe(0);
});
