import { createSocket } from "node:dgram";
import { decodeDiscoveryResponse, encodeDiscoveryRequest, type DiscoveredAddress } from "@antiphon/protocol/voice";

/** Options of {@link openUdpLink}. */
export interface UdpLinkOptions {
  readonly address: string;
  readonly port: number;
  /** Called with every datagram that is neither a discovery response nor the echo of a keep-alive. */
  readonly onPacket: (packet: Buffer, nowMs: number) => void;
  readonly onDiscovered: (address: DiscoveredAddress) => void;
  /** The round trip of a keep-alive, in milliseconds. */
  readonly onLatency: (latencyMs: number) => void;
  readonly debug: (message: string) => void;
}

/** A UDP socket that is connected to a voice server. */
export interface UdpLink {
  /** Sends a datagram; losses are silent, as UDP's are. */
  send(packet: Uint8Array): void;
  /** Asks the server for our public address. */
  discover(ssrc: number): void;
  /** Idempotent. */
  close(): void;
}

/** How often a keep-alive goes out, in milliseconds, so that no router on the way forgets us. */
const KEEP_ALIVE_MS = 5_000;
const KEEP_ALIVE_BYTES = 8;

/** Opens a socket; sends wait until it is connected. */
export function openUdpLink(options: UdpLinkOptions): UdpLink {
  const { address, port, onPacket, onDiscovered, onLatency, debug } = options;
  const socket = createSocket("udp4");
  const keepAlive = Buffer.alloc(KEEP_ALIVE_BYTES);
  let waiting: Uint8Array[] | null = [];
  let closed = false;
  let sentAtMs = 0;
  let counter = 0;

  const onMessage = (packet: Buffer) => {
    const nowMs = performance.now();
    if (packet.length === KEEP_ALIVE_BYTES && packet.equals(keepAlive)) {
      onLatency(nowMs - sentAtMs);
      return;
    }
    const discovered = decodeDiscoveryResponse(packet);
    if (discovered === null) onPacket(packet, nowMs);
    else onDiscovered(discovered);
  };
  const send = (packet: Uint8Array) => {
    if (closed) return;
    if (waiting === null) socket.send(packet);
    else waiting.push(packet);
  };
  const sendKeepAlive = () => {
    counter = (counter + 1) >>> 0;
    keepAlive.writeUInt32LE(counter);
    sentAtMs = performance.now();
    send(keepAlive);
  };
  const timer = setInterval(sendKeepAlive, KEEP_ALIVE_MS);

  socket.on("message", onMessage);
  // ECONNREFUSED and the like: the voice gateway, not UDP, decides whether the connection stands.
  socket.on("error", (error) => debug(`UDP: ${error.message}`));
  // An event rather than a callback, so that a failure goes to the listener above.
  socket.once("connect", () => {
    const queued = waiting ?? [];
    waiting = null;
    for (const packet of queued) send(packet);
    // The first one only measures.
    sendKeepAlive();
  });
  socket.connect(port, address);

  return {
    send,
    discover: (ssrc) => send(encodeDiscoveryRequest(ssrc)),
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      socket.close();
    },
  };
}
