import { voiceCloseAction, voiceCloseCodes } from "./close-code.ts";
import type { VoiceClientMessage, VoiceServerMessage, VoiceServerMessageOf, VoiceServerText } from "./envelope.ts";
import type { DiscoveredAddress } from "./ip-discovery.ts";
import { VOICE_GATEWAY_VERSION, VoiceOpcode } from "./opcode.ts";
import { chooseEncryptionMode } from "./rtpsize.ts";
import type {
  ReadyData,
  VoiceEffect,
  VoiceEnd,
  VoiceEndKind,
  VoiceInput,
  VoiceMachineSession as Session,
  VoiceMachineState,
  VoiceSessionCredentials,
  VoiceStep,
  VoiceTimer,
} from "./voice-step.ts";

/** The highest DAVE protocol version that we offer. */
export const MAX_DAVE_PROTOCOL_VERSION = 1;

/** How long opening a socket up to the session's start may take, in milliseconds. */
const HANDSHAKE_MS = 15_000;
/** UDP may lose either packet of the discovery, so we ask again this often, in milliseconds, … */
const DISCOVERY_RETRY_MS = 500;
/** … this many times. */
const DISCOVERY_ATTEMPTS = 10;
/** How long after a 4014 a move's credentials may take unless the driver says otherwise, in milliseconds. */
const MOVE_WAIT_MS = 5_000;
/** How long any other wait for credentials lasts before they are asked for (again), in milliseconds. */
const CREDENTIALS_WAIT_MS = 15_000;
/** Sockets that may fail in a row before a new session is asked for. */
const MAXIMUM_FAILURES = 5;
/** Sessions that may be asked for in a row before we give up. */
const MAXIMUM_REJOINS = 4;
/** Heartbeats that may go unanswered before the socket counts as dead. */
const MAXIMUM_UNACKNOWLEDGED = 2;
/** The close code with which we drop a socket that we mean to resume; below 4000, and not a normal closure. */
const ABANDONED = 3000;
const TIMERS: readonly VoiceTimer[] = ["heartbeat", "handshake", "discovery", "backoff", "credentials"];
const clearTimers: readonly VoiceEffect[] = TIMERS.map((timer) => ({ type: "clearTimer", timer }));

/** What a driver may choose about a connection. */
export interface VoiceMachineOptions {
  /** How long after a 4014 a move's credentials may take, in milliseconds; 0 takes every 4014 for the end. Defaults to 5,000. */
  readonly moveWaitMs?: number | undefined;
}

/** The state before the first credentials. */
export function createVoiceState({ moveWaitMs = MOVE_WAIT_MS }: VoiceMachineOptions = {}): VoiceMachineState {
  return { name: "idle", moveWaitMs };
}

/** The state before the first credentials, with nothing chosen. */
export const initialVoiceState: VoiceMachineState = createVoiceState();

const DISCONNECTED = "We were disconnected from the voice channel.";

const stay = (state: VoiceMachineState): VoiceStep => ({ state, effects: [] });

function end(kind: VoiceEndKind, closeCode: number | null, meaning: string): VoiceStep {
  const reason: VoiceEnd = { kind, closeCode, meaning };
  return {
    state: { name: "closed", end: reason },
    effects: [
      ...clearTimers,
      { type: "closeSocket", code: 1000 },
      { type: "closeMedia" },
      { type: "ended", end: reason },
    ],
  };
}

/** Opens a socket for the session: to go on with it, or to start it. */
function open(session: Session, resume: boolean, state: VoiceMachineState["name"]): VoiceStep {
  const host = session.credentials.endpoint;
  return {
    state: { name: "opening", session: { ...session, heartbeatMs: undefined, unacknowledged: 0 }, resume },
    effects: [
      ...clearTimers,
      ...(resume || state === "idle" ? [] : [{ type: "closeMedia" } as const]),
      { type: "openSocket", url: `wss://${host}/?v=${VOICE_GATEWAY_VERSION}` },
      { type: "setTimer", timer: "handshake", delayMs: HANDSHAKE_MS },
    ],
  };
}

/** Lets go of the session and asks the main gateway for another. */
function rejoin(session: Session, closeCode: number | null): VoiceStep {
  if (session.rejoins >= MAXIMUM_REJOINS) {
    return end("reconnectFailed", closeCode, `No voice session could be kept after ${MAXIMUM_REJOINS} attempts.`);
  }
  return {
    state: {
      name: "awaitingCredentials",
      session: { ...session, rejoins: session.rejoins + 1 },
      cause: "sessionLost",
      closeCode,
    },
    effects: [
      ...clearTimers,
      { type: "closeSocket", code: 1000 },
      { type: "closeMedia" },
      { type: "setTimer", timer: "credentials", delayMs: CREDENTIALS_WAIT_MS },
      { type: "rejoin", attempt: session.rejoins, closeCode },
    ],
  };
}

/** Waits for credentials that the main gateway sends by itself. */
function awaitCredentials(session: Session, cause: "moved" | "serverGone", closeCode: number | null): VoiceStep {
  const delayMs = cause === "moved" ? session.moveWaitMs : CREDENTIALS_WAIT_MS;
  if (delayMs === 0) return end("disconnected", closeCode, DISCONNECTED);
  return {
    state: { name: "awaitingCredentials", session, cause, closeCode },
    effects: [
      ...clearTimers,
      { type: "closeSocket", code: 1000 },
      { type: "closeMedia" },
      { type: "setTimer", timer: "credentials", delayMs },
    ],
  };
}

function sessionOf(state: VoiceMachineState): Session | undefined {
  return "session" in state ? state.session : undefined;
}

/** Whether the server knows our session and we still have keys, so that a resume can go on with it. */
function canResume(state: VoiceMachineState): boolean {
  if (state.name === "opening" || state.name === "backoff") return state.resume;
  return state.name === "connected" || state.name === "resuming";
}

const endKinds: ReadonlyMap<number, VoiceEndKind> = new Map([
  [4004, "authenticationFailed"],
  [4017, "daveRequired"],
  [4021, "rateLimited"],
  [4022, "callTerminated"],
]);

/** The wait before the nth socket in a row; the first comes at once, so that audio hardly notices. */
function backoffMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(500 * 2 ** (failures - 1), 5_000);
}

function onSocketLost(state: VoiceMachineState, session: Session, code: number): VoiceStep {
  if (session.failures >= MAXIMUM_FAILURES) return rejoin({ ...session, failures: 0 }, code);
  const resume = canResume(state);
  return {
    state: { name: "backoff", session: { ...session, failures: session.failures + 1 }, resume },
    effects: [
      ...clearTimers,
      ...(resume ? [] : [{ type: "closeMedia" } as const]),
      { type: "setTimer", timer: "backoff", delayMs: backoffMs(session.failures) },
    ],
  };
}

function onSocketClosed(state: VoiceMachineState, code: number): VoiceStep {
  const session = sessionOf(state);
  if (session === undefined || state.name === "awaitingCredentials" || state.name === "backoff") return stay(state);
  if (code === 4014) return awaitCredentials(session, "moved", code);
  const action = voiceCloseAction(code);
  if (action === "resume") return onSocketLost(state, session, code);
  if (action === "rejoin") return rejoin(session, code);
  const meaning = voiceCloseCodes.get(code)?.meaning ?? `The voice server closed with ${code}.`;
  return end(endKinds.get(code) ?? "rejected", code, meaning);
}

function onHello(state: VoiceMachineState, heartbeatMs: number): VoiceStep {
  if (state.name !== "opening") return stay(state);
  const { credentials, sequence } = state.session;
  const { guildId: server_id, userId: user_id, sessionId: session_id, token } = credentials;
  const session = { ...state.session, heartbeatMs };
  const message: VoiceClientMessage = state.resume
    ? { op: VoiceOpcode.Resume, d: { server_id, session_id, token, seq_ack: sequence } }
    : {
        op: VoiceOpcode.Identify,
        d: { server_id, user_id, session_id, token, max_dave_protocol_version: MAX_DAVE_PROTOCOL_VERSION },
      };
  return {
    state: { name: state.resume ? "resuming" : "identifying", session },
    effects: [
      { type: "send", message },
      { type: "setTimer", timer: "heartbeat", delayMs: heartbeatMs },
    ],
  };
}

function onReady(state: VoiceMachineState, ready: ReadyData): VoiceStep {
  if (state.name !== "identifying") return stay(state);
  return {
    state: { name: "discovering", session: state.session, ready, attempt: 1 },
    effects: [
      { type: "openUdp", address: ready.ip, port: ready.port, ssrc: ready.ssrc },
      { type: "sendDiscovery", ssrc: ready.ssrc },
      { type: "setTimer", timer: "discovery", delayMs: DISCOVERY_RETRY_MS },
    ],
  };
}

function onDiscovered(state: VoiceMachineState, { address, port }: DiscoveredAddress): VoiceStep {
  if (state.name !== "discovering") return stay(state);
  const { session, ready } = state;
  const mode = chooseEncryptionMode(ready.modes);
  if (mode === null)
    return end("noCommonEncryption", null, `The voice server offers only ${ready.modes.join(", ") || "nothing"}.`);
  return {
    state: { name: "selecting", session, ready, mode },
    effects: [
      { type: "clearTimer", timer: "discovery" },
      {
        type: "send",
        message: { op: VoiceOpcode.SelectProtocol, d: { protocol: "udp", data: { address, port, mode } } },
      },
    ],
  };
}

function onSessionDescription(
  state: VoiceMachineState,
  { mode, secret_key, dave_protocol_version }: VoiceServerMessageOf<typeof VoiceOpcode.SessionDescription>["d"],
): VoiceStep {
  if (state.name !== "selecting") return stay(state);
  if (mode !== state.mode)
    return end("noCommonEncryption", null, `We selected ${state.mode}, the voice server says ${mode}.`);
  const { credentials } = state.session;
  return {
    state: { name: "connected", session: { ...state.session, failures: 0, rejoins: 0 } },
    effects: [
      { type: "clearTimer", timer: "handshake" },
      {
        type: "established",
        mode: state.mode,
        secretKey: secret_key,
        ssrc: state.ready.ssrc,
        daveProtocolVersion: dave_protocol_version,
        credentials,
      },
    ],
  };
}

function onMessage(state: VoiceMachineState, session: Session, message: VoiceServerMessage, nowMs: number): VoiceStep {
  switch (message.op) {
    case VoiceOpcode.Hello:
      return onHello(state, message.d.heartbeat_interval);
    case VoiceOpcode.Ready:
      return onReady(state, message.d);
    case VoiceOpcode.SessionDescription:
      return onSessionDescription(state, message.d);
    case VoiceOpcode.HeartbeatAck:
      return {
        state: { ...state, session: { ...session, unacknowledged: 0 } } as VoiceMachineState,
        effects: [{ type: "latency", latencyMs: Math.max(0, nowMs - message.d.t) }],
      };
    case VoiceOpcode.Resumed:
      if (state.name !== "resuming") return stay(state);
      return {
        state: { name: "connected", session: { ...session, failures: 0, rejoins: 0 } },
        effects: [{ type: "clearTimer", timer: "handshake" }, { type: "resumed" }],
      };
    default:
      return { state, effects: [{ type: "media", message }] };
  }
}

/** Remembers a sequence number; 0 after a wrap is a number like any other. */
function withSequence(state: VoiceMachineState, sequence: number | undefined): VoiceMachineState {
  const session = sessionOf(state);
  if (session === undefined || sequence === undefined) return state;
  return { ...state, session: { ...session, sequence } } as VoiceMachineState;
}

/** Whether the socket is one whose messages count. */
function hasSocket(state: VoiceMachineState): boolean {
  return !["idle", "backoff", "awaitingCredentials", "closed"].includes(state.name);
}

function onText(before: VoiceMachineState, { sequence, message }: VoiceServerText, nowMs: number): VoiceStep {
  if (!hasSocket(before)) return stay(before);
  const state = withSequence(before, sequence);
  const session = sessionOf(state);
  return session === undefined || message === undefined ? stay(state) : onMessage(state, session, message, nowMs);
}

function onHeartbeatTimer(state: VoiceMachineState, session: Session, nowMs: number): VoiceStep {
  const { heartbeatMs, unacknowledged, sequence } = session;
  if (heartbeatMs === undefined || !hasSocket(state)) return stay(state);
  if (unacknowledged >= MAXIMUM_UNACKNOWLEDGED) return abandonSocket(state, session);
  return {
    state: { ...state, session: { ...session, unacknowledged: unacknowledged + 1 } } as VoiceMachineState,
    effects: [
      { type: "send", message: { op: VoiceOpcode.Heartbeat, d: { t: Math.round(nowMs), seq_ack: sequence } } },
      { type: "setTimer", timer: "heartbeat", delayMs: heartbeatMs },
    ],
  };
}

/** Drops a socket that answers no more and carries on as if the network had. */
function abandonSocket(state: VoiceMachineState, session: Session): VoiceStep {
  const next = onSocketLost(state, session, ABANDONED);
  return { state: next.state, effects: [{ type: "closeSocket", code: ABANDONED }, ...next.effects] };
}

function onDiscoveryTimer(state: VoiceMachineState): VoiceStep {
  if (state.name !== "discovering") return stay(state);
  if (state.attempt >= DISCOVERY_ATTEMPTS) {
    const { ip, port } = state.ready;
    return end(
      "discoveryFailed",
      null,
      `The voice server ${ip}:${port} did not answer over UDP. Check that UDP is not blocked.`,
    );
  }
  return {
    state: { ...state, attempt: state.attempt + 1 },
    effects: [
      { type: "sendDiscovery", ssrc: state.ready.ssrc },
      { type: "setTimer", timer: "discovery", delayMs: DISCOVERY_RETRY_MS },
    ],
  };
}

function onTimer(state: VoiceMachineState, timer: VoiceTimer, nowMs: number): VoiceStep {
  const session = sessionOf(state);
  if (session === undefined) return stay(state);
  switch (timer) {
    case "heartbeat":
      return onHeartbeatTimer(state, session, nowMs);
    case "handshake":
      return hasSocket(state) && state.name !== "connected" ? abandonSocket(state, session) : stay(state);
    case "discovery":
      return onDiscoveryTimer(state);
    case "backoff":
      return state.name === "backoff" ? open(session, state.resume, state.name) : stay(state);
    case "credentials":
      if (state.name !== "awaitingCredentials") return stay(state);
      if (state.cause !== "moved") return rejoin(session, state.closeCode);
      return end("disconnected", state.closeCode, DISCONNECTED);
  }
}

function onCredentials(state: VoiceMachineState, credentials: VoiceSessionCredentials): VoiceStep {
  if (state.name === "closed") return stay(state);
  const before = sessionOf(state);
  const session: Session = {
    credentials,
    sequence: -1,
    heartbeatMs: undefined,
    unacknowledged: 0,
    failures: 0,
    rejoins: before?.rejoins ?? 0,
    moveWaitMs: state.name === "idle" ? state.moveWaitMs : (before?.moveWaitMs ?? MOVE_WAIT_MS),
  };
  return open(session, false, state.name);
}

/**
 * Moves a voice connection on by one input. Pure: the driver owns sockets, timers and keys, and executes the effects in order.
 *
 * @see [Discord Docs/Voice Connections]
 */
export function stepVoice(state: VoiceMachineState, input: VoiceInput): VoiceStep {
  if (state.name === "closed") return stay(state);
  switch (input.type) {
    case "credentials":
      return onCredentials(state, input.credentials);
    case "text":
      return onText(state, input.text, input.nowMs);
    case "frame":
      if (!hasSocket(state)) return stay(state);
      return {
        state: withSequence(state, input.frame.sequence),
        effects: [{ type: "mediaFrame", frame: input.frame }],
      };
    case "socketClosed":
      return onSocketClosed(state, input.code);
    case "discovered":
      return onDiscovered(state, input.address);
    case "timer":
      return onTimer(state, input.timer, input.nowMs);
    case "serverGone": {
      const session = sessionOf(state);
      return session === undefined ? stay(state) : awaitCredentials(session, "serverGone", null);
    }
    case "left":
      return end("disconnected", null, DISCONNECTED);
    case "close":
      return end("requested", null, "The connection was closed.");
  }
}
