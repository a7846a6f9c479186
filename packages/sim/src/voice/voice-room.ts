import { VoiceOpcode } from "@antiphon/protocol/voice";
import type { Clock } from "@antiphon/std";
import { createDeliveryService, type DaveMessage, type DeliveryService } from "./dave/delivery-service.ts";
import { sendSpeaking, type VoiceSession } from "./voice-session.ts";

/** Options of {@link createVoiceRoom}. */
export interface VoiceRoomOptions {
  readonly guildId: string;
  readonly channelId: string;
  /** 0 leaves the room without end-to-end encryption. */
  readonly daveProtocolVersion: 0 | 1;
  readonly clock: Clock;
  readonly transitionTimeoutMs: number;
  readonly onEpoch: (epoch: number, userIds: readonly string[]) => void;
}

/** The members of one voice channel, and what they hear of each other besides media. */
export interface VoiceRoom {
  readonly guildId: string;
  readonly channelId: string;
  /** Everybody with a session here, by user id; also those who are still connecting. */
  readonly sessions: ReadonlyMap<string, VoiceSession>;
  /** Null in a room without end-to-end encryption. */
  readonly dave: DeliveryService | null;
  /** Announces a member after its READY. */
  add(session: VoiceSession): void;
  /** Tells a member who speaks, and takes it into the group, after its SESSION DESCRIPTION. */
  connect(session: VoiceSession): void;
  /** Relays op 5. */
  speak(session: VoiceSession, flags: number): void;
  /** Takes a member out. */
  remove(session: VoiceSession): void;
  /** Stops all timers. */
  close(): void;
}

function deliver(session: VoiceSession, message: DaveMessage): void {
  if ("json" in message) session.send(message.op, message.json);
  else session.sendBinary(message.op, message.payload);
}

/** Builds an empty {@link VoiceRoom}. */
export function createVoiceRoom(options: VoiceRoomOptions): VoiceRoom {
  const { guildId, channelId, daveProtocolVersion, clock, transitionTimeoutMs, onEpoch } = options;
  const sessions = new Map<string, VoiceSession>();
  const others = (session: VoiceSession) => sessions.values().filter((other) => other !== session);
  const send = (userId: string, message: DaveMessage) => {
    const session = sessions.get(userId);
    if (session !== undefined) deliver(session, message);
  };
  const dave =
    daveProtocolVersion === 0 ? null : createDeliveryService({ channelId, clock, transitionTimeoutMs, send, onEpoch });

  return {
    guildId,
    channelId,
    sessions,
    dave,
    add(session) {
      const { userId } = session.identity;
      if (sessions.size > 0) session.send(VoiceOpcode.ClientsConnect, { user_ids: [...sessions.keys()] });
      for (const other of sessions.values()) other.send(VoiceOpcode.ClientsConnect, { user_ids: [userId] });
      sessions.set(userId, session);
    },
    connect(session) {
      // Without these a newcomer could not tell whose SSRC it hears until the speakers pause.
      for (const other of others(session)) if (other.speakingFlags !== null) sendSpeaking(session, other);
      dave?.join(session.identity.userId);
    },
    speak(session, flags) {
      session.speakingFlags = flags;
      for (const other of others(session)) sendSpeaking(other, session);
    },
    remove(session) {
      const { userId } = session.identity;
      if (sessions.get(userId) !== session) return;
      sessions.delete(userId);
      for (const other of sessions.values()) other.send(VoiceOpcode.ClientDisconnect, { user_id: userId });
      dave?.leave(userId);
    },
    close() {
      dave?.close();
    },
  };
}
