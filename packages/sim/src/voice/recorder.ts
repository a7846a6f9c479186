import { isOpusSilence } from "@antiphon/protocol/voice";
import type { EventSource } from "@antiphon/std";
import type { VoiceSimulatorEvent } from "./voice-event.ts";

/** A packet as it arrived. */
export interface RecordedPacket {
  /** On the simulator's monotonic clock, in milliseconds. */
  readonly arrivedAtMs: number;
  /** The RTP sequence number. */
  readonly sequence: number;
  /** The RTP timestamp in samples at 48,000 Hz. */
  readonly timestamp: number;
  /** Opus, or a DAVE frame: the server has no keys to open those. */
  readonly payload: Uint8Array;
  /** Whether the payload is a DAVE frame. */
  readonly endToEndEncrypted: boolean;
}

/** Options of {@link createVoiceRecorder}. */
export interface VoiceRecorderOptions {
  /** Records this guild only. All are by default. */
  readonly guildId?: string | undefined;
  /** How many packets are kept of each speaker before the oldest are dropped. Defaults to 100,000: 33 minutes. */
  readonly limit?: number | undefined;
}

/** What arrived at a simulated voice server. */
export interface VoiceRecorder extends Disposable {
  /** Who has been heard. */
  readonly userIds: readonly string[];
  /** Packets that were dropped because of the limit. */
  readonly dropped: number;
  /** A speaker's packets in the order of their arrival. */
  packets(userId: string): readonly RecordedPacket[];
  /**
   * A speaker's audio as Opus packets in the order in which they were sent, each once and without silence frames.
   *
   * @throws RangeError when some of it is end-to-end encrypted
   */
  opus(userId: string): readonly Uint8Array[];
  /** The times between neighbouring arrivals of a speaker, in milliseconds. */
  gapsMs(userId: string): readonly number[];
  /** Forgets everything so far. */
  clear(): void;
}

/** How far a sequence number is ahead of another, from -32,768 to 32,767. */
function distance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** Records what arrives at a simulator from now on, until it is disposed. */
export function createVoiceRecorder(
  simulator: EventSource<VoiceSimulatorEvent>,
  options: VoiceRecorderOptions = {},
): VoiceRecorder {
  const { guildId, limit = 100_000 } = options;
  const speakers = new Map<string, RecordedPacket[]>();
  let dropped = 0;
  const subscription = simulator.on("packet", (event) => {
    if (guildId !== undefined && event.guildId !== guildId) return;
    const { userId, arrivedAtMs, sequence, timestamp, payload, endToEndEncrypted } = event;
    let packets = speakers.get(userId);
    if (packets === undefined) speakers.set(userId, (packets = []));
    packets.push({ arrivedAtMs, sequence, timestamp, payload, endToEndEncrypted });
    if (packets.length <= limit) return;
    packets.shift();
    dropped++;
  });
  const packetsOf = (userId: string): readonly RecordedPacket[] => speakers.get(userId) ?? [];
  return {
    get userIds() {
      return [...speakers.keys()];
    },
    get dropped() {
      return dropped;
    },
    packets: (userId) => [...packetsOf(userId)],
    opus(userId) {
      const packets = packetsOf(userId);
      if (packets.some(({ endToEndEncrypted }) => endToEndEncrypted))
        throw new RangeError(
          `opus: what user ${userId} said is end-to-end encrypted; record it as a member of the call`,
        );
      const ordered = new Map<number, Uint8Array>();
      let place = 0;
      packets.forEach(({ sequence, payload }, index) => {
        // Places go on across the wrap of the sequence number.
        if (index > 0) place += distance(packets[index - 1]?.sequence ?? 0, sequence);
        ordered.set(place, payload);
      });
      return [...ordered]
        .toSorted(([left], [right]) => left - right)
        .flatMap(([, payload]) => (isOpusSilence(payload) ? [] : [payload]));
    },
    gapsMs: (userId) =>
      packetsOf(userId).flatMap(({ arrivedAtMs }, index, packets) =>
        index === 0 ? [] : [arrivedAtMs - (packets[index - 1]?.arrivedAtMs ?? 0)],
      ),
    clear: () => speakers.clear(),
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
