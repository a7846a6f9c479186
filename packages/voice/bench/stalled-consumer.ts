import { setFlagsFromString } from "node:v8";
import { writeRtpHeader } from "@antiphon/protocol/voice";
import { createFrameReceiver } from "../src/frame-receiver.ts";
import { createConnectionMemory, viewControls, viewCounters } from "../src/shared-memory.ts";
import { createCipher } from "../src/worker/create-cipher.ts";
import { createDaveySession } from "../src/worker/davey-session.ts";
import { MAXIMUM_PACKET_BYTES } from "../src/worker/packet-cipher.ts";
import { createPacketReceiver } from "../src/worker/packet-receiver.ts";
import { sodiumReady } from "../src/worker/sodium-cipher.ts";

/** What the process prints, as JSON. */
export interface StalledResult {
  /** How much more memory the process holds at the end than after the first tenth, in bytes. */
  readonly growthBytes: number;
  /** Frames that the stream dropped because nobody read it. */
  readonly dropped: number;
}

// Packets of one speaker are received, decrypted, and handed to a stream that nobody reads.
const packets = Number(process.argv[2]);
setFlagsFromString("--expose-gc");
const collect = globalThis.gc ?? (() => {});
await sodiumReady;
const memory = createConnectionMemory();
const controls = viewControls(memory.controls);
const frames = createFrameReceiver(memory, controls);
frames.open(undefined, {});
const receiver = createPacketReceiver({
  ring: memory.receive,
  counters: viewCounters(memory.counters),
  controls,
  onFrames: frames.drain,
  onSpeaking() {},
});
const cipher = createCipher("aead_xchacha20_poly1305_rtpsize", new Uint8Array(32));
const session = { protocolVersion: 0, userId: "1", channelId: "2", nowMs: () => 0 };
receiver.setKeys({ cipher, e2ee: createDaveySession({ ...session, reply() {}, onChange() {}, debug() {} }) });
receiver.mapSsrc(7, "300000000000000001", 0);

const opus = new Uint8Array(160).fill(0x55);
const packet = Buffer.alloc(MAXIMUM_PACKET_BYTES);
const receive = (index: number) => {
  writeRtpHeader(packet, { sequence: index & 0xffff, timestamp: (index * 960) >>> 0, ssrc: 7 });
  receiver.onPacket(Buffer.from(packet.subarray(0, cipher.seal(packet, opus))), index * 20);
};
const residentBytes = () => {
  collect();
  return process.memoryUsage.rss();
};

let startBytes = 0;
for (let index = 0; index < packets; index++) {
  if (index === packets / 10) startBytes = residentBytes();
  receive(index);
  // As between datagrams: what is pending may run, and garbage may be collected.
  if (index % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const growthBytes = residentBytes() - startBytes;
console.log(JSON.stringify({ growthBytes, dropped: frames.dropped } satisfies StalledResult));
process.exit();
