import { parentPort } from "node:worker_threads";
import { viewControls, viewCounters, type ConnectionMemory } from "../src/shared-memory.ts";
import { createAudioClock } from "../src/worker/audio-clock.ts";
import { createCipher } from "../src/worker/create-cipher.ts";
import { createDaveySession } from "../src/worker/davey-session.ts";
import { createPacketSender } from "../src/worker/packet-sender.ts";
import { sodiumReady } from "../src/worker/sodium-cipher.ts";
import { openUdpLink } from "../src/worker/udp-link.ts";

/** What the thread is told. */
export type LoadOrder =
  | { readonly type: "open"; readonly memories: readonly ConnectionMemory[]; readonly port: number }
  | { readonly type: "wake"; readonly index: number };

/** The sending half of a voice thread, with as many rooms as there are memories, without their WebSockets. */
function openStreams({ memories, port }: Extract<LoadOrder, { type: "open" }>) {
  const clock = createAudioClock();
  return memories.map((memory, ssrc) => {
    const link = openUdpLink({
      address: "127.0.0.1",
      port,
      onPacket() {},
      onDiscovered() {},
      onLatency() {},
      debug() {},
    });
    const sender = createPacketSender({
      ring: memory.send,
      counters: viewCounters(memory.counters),
      controls: viewControls(memory.controls),
      transmit: link.send,
      announceSpeaking() {},
      onStart() {},
      onEnd() {},
      onUnderrun() {},
    });
    const e2ee = createDaveySession({
      protocolVersion: 0,
      userId: "1",
      channelId: "2",
      reply() {},
      onChange() {},
      debug() {},
      nowMs: () => performance.now(),
    });
    sender.setKeys({ ssrc, cipher: createCipher("aead_xchacha20_poly1305_rtpsize", new Uint8Array(32)), e2ee });
    return clock.join(sender);
  });
}

await sodiumReady;
let seats: ReturnType<typeof openStreams> = [];
parentPort?.on("message", (order: LoadOrder) => {
  if (order.type === "open") seats = openStreams(order);
  else seats[order.index]?.wake();
});
