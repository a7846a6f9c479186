import type { EncryptionMode } from "@antiphon/protocol/voice";
import { readJitter, type JitterPercentiles } from "./jitter.ts";
import type { Counters } from "./shared-memory.ts";

/** What a connection's encryption is at the moment. */
export interface VoiceEncryption {
  /** The transport encryption mode; null before the first session. */
  readonly cipher: EncryptionMode | null;
  /** The DAVE protocol version in force; 0 is no end-to-end encryption. */
  readonly daveProtocolVersion: number;
  /** The epoch of the DAVE group; null while there is none. */
  readonly daveEpoch: number | null;
  /** 30 digits that every member of the call sees alike; null while there is no group. */
  readonly privacyCode: string | null;
}

/** A snapshot of a connection's counters; they count from its beginning, over reconnects. */
export interface VoiceStats extends VoiceEncryption {
  /** RTP packets sent, silence frames included. */
  readonly packetsSent: number;
  /** Bytes of those packets, without IP and UDP headers. */
  readonly bytesSent: number;
  /** RTP packets received, those that were of no use included. */
  readonly packetsReceived: number;
  /** Bytes of those packets, without IP and UDP headers. */
  readonly bytesReceived: number;
  /** Packets that were waited for and never came. */
  readonly packetsLost: number;
  /** Packets that came twice, or after they were given up. */
  readonly packetsLate: number;
  /** Packets that transport or end-to-end encryption refused. */
  readonly packetsUndecryptable: number;
  /** Packets of an SSRC that nobody claimed within 200 ms. */
  readonly packetsUnmapped: number;
  /** Packets whose lengths contradict themselves. */
  readonly packetsMalformed: number;
  /** Received frames that were dropped because nobody read them in time. */
  readonly framesDropped: number;
  /** Frames that passed unsent: end-to-end encryption was not ready for more than 5 s, or refused them. */
  readonly framesWithheld: number;
  /** 20 ms periods in which a playing source had no frame ready. */
  readonly underruns: number;
  /** 20 ms periods that were skipped after the voice thread was held up. */
  readonly skippedTicks: number;
  /** The round trip of the last heartbeat in milliseconds; null before the first. */
  readonly gatewayLatencyMs: number | null;
  /** The round trip of the last UDP keep-alive in milliseconds; null before the first. */
  readonly udpLatencyMs: number | null;
  /** How unsteadily packets of others came; null before two of one speaker came in a row. */
  readonly jitter: JitterPercentiles | null;
}

/** Takes a snapshot. */
export function readVoiceStats(counters: Counters, encryption: VoiceEncryption, droppedByReaders: number): VoiceStats {
  const latency = (name: "gatewayLatencyMs" | "udpLatencyMs") => {
    const valueMs = counters.get(name);
    return Number.isNaN(valueMs) ? null : valueMs;
  };
  return {
    ...encryption,
    packetsSent: counters.get("packetsSent"),
    bytesSent: counters.get("bytesSent"),
    packetsReceived: counters.get("packetsReceived"),
    bytesReceived: counters.get("bytesReceived"),
    packetsLost: counters.get("packetsLost"),
    packetsLate: counters.get("packetsLate"),
    packetsUndecryptable: counters.get("packetsUndecryptable"),
    packetsUnmapped: counters.get("packetsUnmapped"),
    packetsMalformed: counters.get("packetsMalformed"),
    framesDropped: counters.get("framesDropped") + droppedByReaders,
    framesWithheld: counters.get("framesWithheld"),
    underruns: counters.get("underruns"),
    skippedTicks: counters.get("skippedTicks"),
    gatewayLatencyMs: latency("gatewayLatencyMs"),
    udpLatencyMs: latency("udpLatencyMs"),
    jitter: readJitter(counters),
  };
}
