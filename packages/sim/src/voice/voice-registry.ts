import { randomBytes } from "node:crypto";
import { isSnowflake } from "@antiphon/protocol/discord";
import { voiceCloseAction } from "@antiphon/protocol/voice";
import type { Clock } from "@antiphon/std";
import type { VoiceAllocator, VoiceSession as VoiceIdentity } from "../voice-allocator.ts";
import { ClientFrameError } from "./client-frame.ts";
import type { DeliveryServiceCounts } from "./dave/delivery-service.ts";
import type { VoiceSimulatorEvent } from "./voice-event.ts";
import type { Seat, VoiceGatewayHost } from "./voice-gateway.ts";
import { createVoiceRoom, type VoiceRoom } from "./voice-room.ts";
import { closeWith, createVoiceSession, type VoiceSession } from "./voice-session.ts";

/** A member as `rooms` shows it. */
export interface VoiceRoomMember {
  readonly userId: string;
  readonly ssrc: number;
  /** Whether media can flow: the member has selected a protocol. */
  readonly connected: boolean;
  /** False while the member's socket is gone and a resume may come. */
  readonly attached: boolean;
  /** The bits of the last op 5; null before the first. */
  readonly speakingFlags: number | null;
}

/** A room as `rooms` shows it. */
export interface VoiceRoomView {
  readonly guildId: string;
  readonly channelId: string;
  readonly members: readonly VoiceRoomMember[];
  /** The epoch of the DAVE group; 0 while there is none. */
  readonly daveEpoch: number;
  /** The members of the DAVE group. */
  readonly daveUserIds: readonly string[];
  /** What the delivery service has refused; all 0 in a room without end-to-end encryption. */
  readonly daveCounts: DeliveryServiceCounts;
}

/** Options of {@link createVoiceRegistry}. */
export interface VoiceRegistryOptions {
  readonly clock: Clock;
  readonly daveProtocolVersion: 0 | 1;
  readonly replayLimit: number;
  readonly firstSequence: number;
  readonly resumeTimeoutMs: number;
  readonly transitionTimeoutMs: number;
  /** The SSRC of the first session; the next ones count up from there. */
  readonly firstSsrc: number;
  readonly emit: (event: VoiceSimulatorEvent) => void;
  /** Told when a session is over for good. */
  readonly onSessionEnd: (session: VoiceSession) => void;
}

/** Who may connect, who is connected, and in which room. */
export interface VoiceRegistry extends VoiceGatewayHost, Pick<VoiceAllocator, "allocate"> {
  /** Finds a session by its SSRC. */
  readonly find: (ssrc: number) => Seat | null;
  /** Withdraws a user's admission and disconnects them with 4014; false when there is none. */
  readonly kick: (guildId: string, userId: string) => boolean;
  /** Closes the socket of a session with a code; false when there is none. */
  readonly closeSocket: (guildId: string, userId: string, code: number) => boolean;
  /** Moves a room to another DAVE version; throws a RangeError when it cannot. */
  readonly setDaveProtocolVersion: (guildId: string, channelId: string, version: 0 | 1) => void;
  readonly rooms: () => readonly VoiceRoomView[];
  /** Sessions that went on after a lost socket. */
  readonly resumes: () => number;
  /** Ends all sessions. */
  readonly close: () => void;
}

interface Admission {
  readonly identity: VoiceIdentity;
  readonly token: string;
  seat: Seat | null;
}

const CLOSE = {
  wentAway: 1001,
  authenticationFailed: 4004,
  sessionInvalid: 4006,
  disconnected: 4014,
  daveRequired: 4017,
};
const NO_REFUSALS: DeliveryServiceCounts = { staleCommits: 0, refusedCommits: 0, invalidCommitWelcomes: 0 };

function viewOf({ guildId, channelId, sessions, dave }: VoiceRoom): VoiceRoomView {
  const members = Array.from(sessions.values(), ({ identity, ssrc, transport, socket, speakingFlags }) => ({
    userId: identity.userId,
    ssrc,
    connected: transport !== null,
    attached: socket !== null,
    speakingFlags,
  }));
  const daveCounts = { ...(dave?.counts ?? NO_REFUSALS) };
  return { guildId, channelId, members, daveEpoch: dave?.epoch ?? 0, daveUserIds: dave?.userIds ?? [], daveCounts };
}

/** Builds an empty {@link VoiceRegistry}. */
export function createVoiceRegistry(options: VoiceRegistryOptions): VoiceRegistry {
  const { clock, daveProtocolVersion, transitionTimeoutMs, emit, onSessionEnd } = options;
  const admissions = new Map<string, Admission>();
  const rooms = new Map<string, VoiceRoom>();
  const seats = new Map<number, Seat>();
  let nextSsrc = options.firstSsrc;
  let resumes = 0;

  const keyOf = (guildId: string, id: string) => `${guildId}:${id}`;
  const roomOf = ({ guildId, channelId }: VoiceIdentity): VoiceRoom => {
    const key = keyOf(guildId, channelId);
    const existing = rooms.get(key);
    if (existing !== undefined) return existing;
    const onEpoch = (epoch: number, userIds: readonly string[]) =>
      emit({ type: "daveEpoch", guildId, channelId, epoch, userIds });
    const room = createVoiceRoom({ guildId, channelId, daveProtocolVersion, clock, transitionTimeoutMs, onEpoch });
    rooms.set(key, room);
    return room;
  };
  const vacate = (admission: Admission, { session, room }: Seat) => {
    const { guildId, channelId, userId } = session.identity;
    admission.seat = null;
    seats.delete(session.ssrc);
    room.remove(session);
    onSessionEnd(session);
    if (session.transport !== null) emit({ type: "memberLeave", guildId, channelId, userId });
    if (room.sessions.size > 0) return;
    room.close();
    rooms.delete(keyOf(guildId, channelId));
  };
  const seatOf = (admission: Admission): Seat => {
    const room = roomOf(admission.identity);
    const { identity } = admission;
    const session = createVoiceSession({ ...options, identity, ssrc: nextSsrc, onEnd: () => vacate(admission, seat) });
    const seat: Seat = { session, room };
    nextSsrc = (nextSsrc % 0xffff_ffff) + 1;
    seats.set(session.ssrc, seat);
    admission.seat = seat;
    return seat;
  };
  const withdraw = (guildId: string, userId: string): boolean => {
    const admission = admissions.get(keyOf(guildId, userId));
    admission?.seat?.session.end(CLOSE.disconnected);
    return admissions.delete(keyOf(guildId, userId));
  };

  return {
    allocate(identity) {
      for (const id of [identity.guildId, identity.channelId, identity.userId]) {
        if (!isSnowflake(id)) throw new RangeError(`allocate: "${id}" is not a snowflake`);
      }
      withdraw(identity.guildId, identity.userId);
      const admission = { identity, token: randomBytes(16).toString("hex"), seat: null };
      admissions.set(keyOf(identity.guildId, identity.userId), admission);
      return { token: admission.token };
    },
    identify({ guildId, userId, sessionId, token, maxDaveProtocolVersion }) {
      const admission = admissions.get(keyOf(guildId, userId));
      if (admission === undefined || admission.identity.sessionId !== sessionId) {
        throw new ClientFrameError(CLOSE.sessionInvalid, "no such session was allocated");
      }
      if (admission.token !== token) throw new ClientFrameError(CLOSE.authenticationFailed, "the token is wrong");
      if (maxDaveProtocolVersion < daveProtocolVersion) {
        throw new ClientFrameError(CLOSE.daveRequired, "the client offers no DAVE protocol version");
      }
      admission.seat?.session.end(CLOSE.sessionInvalid);
      return seatOf(admission);
    },
    resume({ guildId, sessionId, token, sequenceAck }) {
      const isMeant = ({ identity, token: own }: Admission) =>
        identity.guildId === guildId && identity.sessionId === sessionId && own === token;
      const seat = admissions.values().find(isMeant)?.seat ?? null;
      if (!seat?.session.missedSince(sequenceAck)) {
        throw new ClientFrameError(CLOSE.sessionInvalid, "the session cannot go on from there");
      }
      resumes++;
      return seat;
    },
    connected({ session, room }) {
      const { guildId, channelId, userId } = session.identity;
      emit({ type: "memberJoin", guildId, channelId, userId, ssrc: session.ssrc });
      room.connect(session);
    },
    speaking({ session, room }, flags) {
      const { guildId, channelId, userId } = session.identity;
      room.speak(session, flags);
      emit({ type: "speaking", guildId, channelId, userId, flags });
    },
    find: (ssrc) => seats.get(ssrc) ?? null,
    kick: withdraw,
    closeSocket(guildId, userId, code) {
      const session = admissions.get(keyOf(guildId, userId))?.seat?.session;
      if (!session?.socket) return false;
      const { socket } = session;
      if (voiceCloseAction(code) !== "resume") {
        session.end(code);
        return true;
      }
      session.detach(socket);
      closeWith(socket, code);
      return true;
    },
    setDaveProtocolVersion(guildId, channelId, version) {
      const dave = rooms.get(keyOf(guildId, channelId))?.dave;
      if (dave === undefined || dave === null)
        throw new RangeError(`setDaveProtocolVersion: there is no room ${channelId} with end-to-end encryption`);
      dave.setProtocolVersion(version);
    },
    rooms: () => Array.from(rooms.values(), viewOf),
    resumes: () => resumes,
    close() {
      admissions.clear();
      for (const { session } of seats.values()) session.end(CLOSE.wentAway);
    },
  };
}
