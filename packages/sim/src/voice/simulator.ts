import { encryptionModes, type EncryptionMode } from "@antiphon/protocol/voice";
import { createEmitter, systemClock, systemRandom, type Clock, type EventSource, type Random } from "@antiphon/std";
import sodium from "libsodium-wrappers";
import type { VoiceAllocator } from "../voice-allocator.ts";
import { createSelfSignedCertificate } from "./certificate.ts";
import type { MediaFaultCounts, MediaFaults } from "./fault-line.ts";
import { openMediaRelay, type MediaPacket, type MediaRelayCounts } from "./media-relay.ts";
import type { VoiceSimulatorEvent } from "./voice-event.ts";
import { openVoiceGateway } from "./voice-gateway.ts";
import { createVoiceRegistry, type VoiceRoomView } from "./voice-registry.ts";

/** Options of {@link startVoiceSimulator}. */
export interface VoiceSimulatorOptions {
  /** 1 demands end-to-end encryption, 0 is a stage: transport encryption only. Defaults to 1. */
  readonly daveProtocolVersion?: 0 | 1 | undefined;
  /**
   * The modes that READY offers, in this order; XChaCha20 is among them as soon as there is any, and an empty list offers none. Defaults to
   * AES-GCM, then XChaCha20.
   */
  readonly modes?: readonly EncryptionMode[] | undefined;
  /** What HELLO tells clients, in milliseconds; three of them without a heartbeat end a session. Defaults to 13,750. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** How long a session waits for a resume after its socket is gone, in milliseconds. Defaults to 15,000. */
  readonly resumeTimeoutMs?: number | undefined;
  /** How many messages a resume can repeat. Defaults to 512. */
  readonly replayLimit?: number | undefined;
  /** The number of each session's first message, 0 to 65,535; near the end it lets a test see the wrap to 0. Defaults to 1. */
  readonly firstSequence?: number | undefined;
  /** How long a DAVE transition waits for all members, in milliseconds. Defaults to 2,000. */
  readonly transitionTimeoutMs?: number | undefined;
  /** What goes wrong with media from the start. Defaults to nothing. */
  readonly faults?: MediaFaults | undefined;
  /** Where faults get their chance from. Defaults to the process's. */
  readonly random?: Random | undefined;
  /** Defaults to the process's. */
  readonly clock?: Clock | undefined;
}

/** What a simulator has seen so far. */
export interface VoiceSimulatorStats {
  /** Open WebSockets. */
  readonly sockets: number;
  /** Sessions that went on after a lost socket. */
  readonly resumes: number;
  readonly media: Readonly<MediaRelayCounts>;
  readonly faults: Readonly<MediaFaultCounts>;
}

/** A Discord voice server on loopback. */
export interface VoiceSimulator extends VoiceAllocator, EventSource<VoiceSimulatorEvent>, AsyncDisposable {
  /** The certificate that clients must trust, PEM. */
  readonly certificatePem: string;
  /** The rooms of this moment. */
  readonly rooms: readonly VoiceRoomView[];
  /** Disconnects a member as a moderator would: close code 4014, and the session cannot come back. False when there is none. */
  kick(guildId: string, userId: string): boolean;
  /** Closes a member's socket with a code; below 4000 and 4015 the session can resume. 1006 cuts it. False when there is none. */
  closeSocket(guildId: string, userId: string, code: number): boolean;
  /**
   * Moves a room to another version of DAVE as Discord does when members come that know no newer one, or leave: everybody is told, and the
   * change takes effect when all are ready.
   *
   * @throws RangeError when there is no such room, or the simulator began without DAVE
   */
  setDaveProtocolVersion(guildId: string, channelId: string, version: 0 | 1): void;
  /** Replaces all faults from the next datagram on. */
  setFaults(faults: MediaFaults): void;
  getStats(): VoiceSimulatorStats;
  /** Cuts everybody off; nothing stays open. */
  close(): Promise<void>;
}

const REQUIRED_MODE: EncryptionMode = "aead_xchacha20_poly1305_rtpsize";
const ALL_MODES: readonly EncryptionMode[] = ["aead_aes256_gcm_rtpsize", REQUIRED_MODE];

function offeredModes(asked: readonly EncryptionMode[]): readonly EncryptionMode[] {
  const unknown = asked.find((mode) => !(mode in encryptionModes));
  if (unknown !== undefined) throw new RangeError(`startVoiceSimulator: mode "${unknown}" is unknown`);
  return asked.length === 0 || asked.includes(REQUIRED_MODE) ? asked : [...asked, REQUIRED_MODE];
}

/** Frames of DAVE end with this marker. @see [DAVE Protocol Whitepaper], "Payload Format" */
function isDaveFrame(payload: Buffer): boolean {
  return payload.length > 2 && payload.readUInt16BE(payload.length - 2) === 0xfafa;
}

/**
 * Starts a Discord voice server on 127.0.0.1: voice gateway v8 over TLS, UDP with IP discovery, and the delivery service of DAVE
 * version 1. Clients need {@link VoiceSimulator.certificatePem} as an authority.
 */
export async function startVoiceSimulator(options: VoiceSimulatorOptions = {}): Promise<VoiceSimulator> {
  const { daveProtocolVersion = 1, heartbeatIntervalMs = 13_750, clock = systemClock, random = systemRandom } = options;
  const modes = offeredModes(options.modes ?? ALL_MODES);
  await sodium.ready;
  const emitter = createEmitter<VoiceSimulatorEvent>();
  const certificate = createSelfSignedCertificate(clock.now());
  let faults = options.faults ?? {};

  const onPacket = ({ session, sequence, timestamp, payload, arrivedAtMs }: MediaPacket) => {
    const { guildId, channelId, userId } = session.identity;
    const endToEndEncrypted = isDaveFrame(payload);
    const facts = { sequence, timestamp, arrivedAtMs, payload, payloadBytes: payload.length, endToEndEncrypted };
    emitter.emit({ type: "packet", guildId, channelId, userId, ...facts });
  };
  const registry = createVoiceRegistry({
    clock,
    daveProtocolVersion,
    replayLimit: options.replayLimit ?? 512,
    firstSequence: options.firstSequence ?? 1,
    resumeTimeoutMs: options.resumeTimeoutMs ?? 15_000,
    transitionTimeoutMs: options.transitionTimeoutMs ?? 2_000,
    firstSsrc: random.integer(1, 0x7fff_ffff),
    emit: emitter.emit,
    onSessionEnd: (session) => media.forget(session),
  });
  const media = await openMediaRelay({ clock, random, faults: () => faults, find: registry.find, onPacket });
  const gateway = await openVoiceGateway({
    certificate,
    clock,
    heartbeatIntervalMs,
    modes,
    mediaPort: media.port,
    host: registry,
  });
  let closing: Promise<void> | null = null;
  const shutDown = async () => {
    registry.close();
    await Promise.all([gateway.close(), media.close()]);
    emitter.close();
  };

  const simulator: VoiceSimulator = {
    endpoint: `127.0.0.1:${gateway.port}`,
    certificatePem: certificate.certificatePem,
    get rooms() {
      return registry.rooms();
    },
    allocate: registry.allocate,
    release: ({ guildId, userId }) => void registry.kick(guildId, userId),
    kick: registry.kick,
    closeSocket: registry.closeSocket,
    setDaveProtocolVersion: registry.setDaveProtocolVersion,
    setFaults(next) {
      faults = next;
    },
    getStats: () => ({
      sockets: gateway.socketCount,
      resumes: registry.resumes(),
      media: { ...media.counts },
      faults: { ...media.faultCounts },
    }),
    on: emitter.on,
    events: emitter.events,
    close: () => (closing ??= shutDown()),
    [Symbol.asyncDispose]: () => simulator.close(),
  };
  return simulator;
}
