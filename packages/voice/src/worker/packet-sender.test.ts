import { isOpusSilence, readRtpHeader, RTP_HEADER_BYTES } from "@antiphon/protocol/voice";
import { expect, test } from "vitest";
import { createRingWriter } from "../frame-ring.ts";
import { createConnectionMemory, viewControls, viewCounters } from "../shared-memory.ts";
import type { E2eeSession } from "./e2ee-session.ts";
import type { PacketCipher } from "./packet-cipher.ts";
import { createPacketSender } from "./packet-sender.ts";

const clearCipher: PacketCipher = {
  mode: "aead_xchacha20_poly1305_rtpsize",
  seal(packet, payload) {
    packet.set(payload, RTP_HEADER_BYTES);
    return RTP_HEADER_BYTES + payload.length;
  },
  open: () => null,
  close() {},
};

function open() {
  const memory = createConnectionMemory();
  const ring = createRingWriter(memory.send);
  const log: string[] = [];
  const headers: { sequence: number; timestamp: number }[] = [];
  const group = { sendable: true, epoch: 1 };
  const e2ee: E2eeSession = {
    protocolVersion: 1,
    privacyCode: null,
    get sendable() {
      return group.sendable;
    },
    get epoch() {
      return group.epoch;
    },
    handleMessage() {},
    handleFrame() {},
    // The epoch shows, so that a frame which was encrypted too early is seen.
    encrypt: (frame) => (isOpusSilence(frame) ? frame : Uint8Array.of(group.epoch, ...frame)),
    decrypt: () => null,
    close() {},
  };
  const keys = { ssrc: 9, cipher: clearCipher, e2ee };
  const sender = createPacketSender({
    ring: memory.send,
    counters: viewCounters(memory.counters),
    controls: viewControls(memory.controls),
    transmit(packet) {
      const payload = packet.subarray(RTP_HEADER_BYTES);
      log.push(isOpusSilence(payload) ? "silence" : payload.join(","));
      const header = readRtpHeader(packet);
      if (header !== null) headers.push(header);
    },
    announceSpeaking: (speaking) => log.push(speaking ? "speaking" : "quiet"),
    onStart: (id) => log.push(`start ${id}`),
    onEnd: (id) => log.push(`end ${id}`),
    onUnderrun: (id) => log.push(`dry ${id}`),
  });
  const push = (id: number, ...bytes: number[]) => ring.push(Uint8Array.from(bytes), [id, 0, 0, 0]);
  const ticks = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => sender.onTick(from + index));
  const controls = viewControls(memory.controls);
  return { sender, ring, push, ticks, log, headers, keys, group, controls, counters: viewCounters(memory.counters) };
}

const silences = ["silence", "silence", "silence", "silence", "silence", "quiet"];

test("announces itself, sends, ends in five silence frames, and lets the clock sleep", () => {
  const { sender, push, ticks, log, headers, keys, counters } = open();
  expect(sender.onTick(0)).toBe(false);
  sender.setKeys(keys);
  push(1, 10);
  push(1, 11);
  push(1);
  expect(ticks(5, 11)).toEqual([true, true, true, true, true, true, false]);
  expect(log).toEqual(["speaking", "1,10", "start 1", "1,11", "end 1", ...silences]);
  const steps = headers
    .slice(1)
    .map((header, index) => [
      (header.sequence - (headers[index]?.sequence ?? 0)) & 0xffff,
      (header.timestamp - (headers[index]?.timestamp ?? 0)) >>> 0,
    ]);
  expect(steps).toEqual(Array.from({ length: 6 }, () => [1, 960]));
  expect(counters.get("packetsSent")).toBe(7);
});

test("a skipped tick moves the timestamp on, not the sequence number", () => {
  const { sender, push, headers, keys, counters } = open();
  sender.setKeys(keys);
  for (let byte = 0; byte < 4; byte++) push(1, byte + 1);
  sender.onTick(1);
  sender.onSkip(3);
  sender.onTick(5);
  const [first, second] = headers;
  expect(((second?.sequence ?? 0) - (first?.sequence ?? 0)) & 0xffff).toBe(1);
  expect(((second?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBe(4 * 960);
  expect(counters.get("skippedTicks")).toBe(3);
});

test("a dry source is an underrun per tick, with silence for the listener, and goes on by itself", () => {
  const { sender, push, ticks, log, keys, counters } = open();
  sender.setKeys(keys);
  push(1, 10);
  ticks(1, 8);
  push(1, 11);
  sender.onTick(9);
  expect(log).toEqual(["speaking", "1,10", "start 1", "dry 1", ...silences, "speaking", "1,11"]);
  expect(counters.get("underruns")).toBe(7);
});

test("a pause keeps the frame that was read ahead, a clear drops it", () => {
  const { sender, ring, push, ticks, log, keys, controls } = open();
  sender.setKeys(keys);
  for (let byte = 10; byte < 14; byte++) push(1, byte);
  ticks(1, 1);
  controls.store("paused", 1);
  expect(ticks(2, 7).at(-1)).toBe(false);
  controls.store("paused", 0);
  ticks(20, 20);
  expect(log).toEqual(["speaking", "1,10", "start 1", ...silences, "speaking", "1,11"]);
  ring.clear();
  push(2, 20);
  push(2);
  ticks(21, 22);
  expect(log.slice(-4)).toEqual(["1,20", "start 2", "end 2", "silence"]);
  expect(controls.load("playedFrames")).toBe(1);
});

test("a clear between two playbacks takes no frame from the second", () => {
  const { sender, ring, push, ticks, log, keys, controls } = open();
  sender.setKeys(keys);
  push(1, 10);
  ticks(1, 1);
  push(1, 11);
  ticks(2, 2);
  ring.clear();
  for (const byte of [20, 21, 22]) push(2, byte);
  ticks(3, 5);
  expect(log).toEqual(["speaking", "1,10", "start 1", "1,11", "1,20", "start 2", "1,21", "1,22"]);
  expect(controls.load("playedFrames")).toBe(3);
});

test("a frame that was encrypted for an epoch that is over is encrypted again", () => {
  const { sender, push, ticks, log, keys, group } = open();
  sender.setKeys(keys);
  push(1, 10);
  push(1, 11);
  ticks(1, 1);
  group.epoch = 2;
  ticks(2, 2);
  expect(log).toEqual(["speaking", "1,10", "start 1", "2,11"]);
});

test("nothing leaves in clear while the group is not ready; after 5 s frames pass unheard, so that a playback ends", () => {
  const { sender, push, ticks, log, keys, group, counters } = open();
  sender.setKeys(keys);
  group.sendable = false;
  push(1, 10);
  push(1, 11);
  push(1);
  expect(ticks(1, 250).every(Boolean)).toBe(true);
  expect(log).toEqual([]);
  ticks(251, 251);
  group.sendable = true;
  ticks(252, 252);
  expect(log).toEqual(["start 1", "speaking", "1,11"]);
  group.sendable = false;
  ticks(253, 600);
  expect(log.at(-1)).toBe("end 1");
  expect(counters.get("framesWithheld")).toBe(1);
  expect(counters.get("packetsSent")).toBe(1);
});
