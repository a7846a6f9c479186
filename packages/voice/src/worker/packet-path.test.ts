import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readRtpHeader, RTP_HEADER_BYTES } from "@antiphon/protocol/voice";
import { beforeAll, expect, test } from "vitest";
import { createRingWriter } from "../frame-ring.ts";
import { createConnectionMemory, viewControls, viewCounters } from "../shared-memory.ts";
import { createCipher } from "./create-cipher.ts";
import { createDaveySession } from "./davey-session.ts";
import { createPacketSender } from "./packet-sender.ts";
import { sodiumReady } from "./sodium-cipher.ts";
import { openUdpLink } from "./udp-link.ts";

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const SSRC = 0xfedc_ba98;

beforeAll(() => sodiumReady);

/** A sender whose packets go where the test wants them, over a session without end-to-end encryption. */
function openSender(
  transmit: (packet: Uint8Array) => void,
  { origin, usedNonces }: { origin?: { sequence: number; timestamp: number }; usedNonces?: number } = {},
) {
  const memory = createConnectionMemory();
  const ring = createRingWriter(memory.send);
  const counters = viewCounters(memory.counters);
  const cipher = createCipher("aead_xchacha20_poly1305_rtpsize", key, usedNonces);
  const sender = createPacketSender({
    ring: memory.send,
    counters,
    controls: viewControls(memory.controls),
    transmit,
    announceSpeaking() {},
    onStart() {},
    onEnd() {},
    onUnderrun() {},
    origin,
  });
  const session = { protocolVersion: 0, userId: "1", channelId: "2", nowMs: () => 0 };
  sender.setKeys({
    ssrc: SSRC,
    cipher,
    e2ee: createDaveySession({ ...session, reply() {}, onChange() {}, debug() {} }),
  });
  const frameOf = (index: number) => Uint8Array.of(0xfc, index & 255, (index >> 8) & 255, 7, 9);
  /** Sends a frame at a tick. */
  const send = (tick: number) => {
    ring.push(frameOf(tick), [1, 0, 0, 0]);
    sender.onTick(tick);
  };
  return { send, frameOf, cipher, counters };
}

test("packets reach UDP encrypted, sequence number and timestamp wrap around, and no nonce comes twice", async () => {
  const server = createSocket("udp4");
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const packets: Buffer[] = [];
  server.on("message", (packet) => packet.length > 8 && packets.push(packet));
  const { address, port } = server.address();
  const link = openUdpLink({ address, port, onPacket() {}, onDiscovered() {}, onLatency() {}, debug() {} });
  try {
    const { send, frameOf, cipher } = openSender(link.send, {
      origin: { sequence: 0xfffd, timestamp: 2 ** 32 - 3 * 960 },
    });
    for (let tick = 0; tick < 6; tick++) send(tick);
    await expect.poll(() => packets.length, { timeout: 60_000 }).toBe(6);
    const headers = packets.map((packet) => readRtpHeader(packet));
    expect(headers.map((header) => header?.sequence)).toEqual([0xfffd, 0xfffe, 0xffff, 0, 1, 2]);
    const timestamps = [2 ** 32 - 2_880, 2 ** 32 - 1_920, 2 ** 32 - 960, 0, 960, 1_920];
    expect(headers.map((header) => header?.timestamp)).toEqual(timestamps);
    expect(new Set(headers.map((header) => header?.ssrc))).toEqual(new Set([SSRC]));
    expect(packets.map((packet) => cipher.open(packet, RTP_HEADER_BYTES))).toEqual(
      packets.map((_, tick) => Buffer.from(frameOf(tick))),
    );
    expect(packets.every((packet, tick) => !packet.includes(Buffer.from(frameOf(tick))))).toBe(true);
    expect(new Set(packets.map((packet) => packet.readUInt32BE(packet.length - 4))).size).toBe(6);
  } finally {
    link.close();
    server.close();
  }

  const nonces = new Set<number>();
  const note = (packet: Uint8Array) => void nonces.add(Buffer.from(packet).readUInt32BE(packet.length - 4));
  const { send: sendMany } = openSender(note);
  for (let tick = 0; tick < 70_000; tick++) sendMany(tick);
  expect(nonces.size).toBe(70_000);

  nonces.clear();
  const late = openSender(note, { usedNonces: 0xffff_fffd });
  for (let tick = 0; tick < 6; tick++) late.send(tick);
  expect([...nonces]).toEqual([0xffff_fffe, 0xffff_ffff]);
  expect(late.counters.get("framesWithheld")).toBe(4);
});

test("packets are written into the same few buffers again and again", () => {
  const memories = new Set<ArrayBufferLike>();
  const places = new Set<string>();
  let packets = 0;
  const { send } = openSender((packet) => {
    packets++;
    memories.add(packet.buffer);
    places.add(`${[...memories].indexOf(packet.buffer)}:${packet.byteOffset}`);
  });
  for (let tick = 0; tick < 5_000; tick++) send(tick);
  expect(packets).toBe(5_000);
  expect(places.size).toBe(8);
});
