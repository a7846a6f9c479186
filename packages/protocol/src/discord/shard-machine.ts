import { gatewayCloseAction } from "./close-code.ts";
import type { DispatchFrame, GatewayFrame } from "./gateway-frame.ts";
import { readyPayloadSchema } from "./gateway-info.ts";
import type { ShardEffect, ShardInput, ShardSession, ShardState, ShardStep, ShardTimer } from "./shard-state.ts";

/** A client's own close code: anything but 1000 and 1001 keeps the session resumable. */
const RESUMABLE_CLOSE = 4900;
const SESSION_ENDING_CLOSE = 1000;

const CONNECT_TIMEOUT_MS = 30_000;
const SESSION_TIMEOUT_MS = 60_000;

/** After this many failed connections a resume goes to the main URL, in case the session's own host is gone. */
const RESUME_URL_ATTEMPTS = 3;

/** Discord closes with this when too much was sent; to come back at once would be more of the same. */
const RATE_LIMITED_CLOSE = 4008;
const RATE_LIMITED_MINIMUM_MS = 1_000;
const RATE_LIMITED_MAXIMUM_MS = 5_000;

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAXIMUM_MS = 30_000;

type ConnectedState = Extract<ShardState, { readonly heartbeat: unknown }>;
type ActiveState = Exclude<ShardState, { readonly status: "idle" | "closed" }>;

const stay = (state: ShardState): ShardStep => ({ state, effects: [] });

const setTimer = (timer: ShardTimer, minimumMs: number, maximumMs = minimumMs): ShardEffect => ({
  type: "setTimer",
  timer,
  minimumMs,
  maximumMs,
});

const clearAll: ShardEffect = { type: "clearTimers", timers: ["connect", "session", "heartbeat", "backoff"] };

function open(session: ShardSession | undefined, attempt: number): ShardStep {
  const resumeUrl = attempt > RESUME_URL_ATTEMPTS ? undefined : session?.resumeUrl;
  return {
    state: { status: "connecting", session, attempt },
    effects: [{ type: "openSocket", resumeUrl, attempt }, setTimer("connect", CONNECT_TIMEOUT_MS)],
  };
}

function backOff(session: ShardSession | undefined, attempt: number, minimumMs: number, maximumMs: number): ShardStep {
  return { state: { status: "backingOff", session, attempt }, effects: [setTimer("backoff", minimumMs, maximumMs)] };
}

/** Connects again: at once after a connection that had lasted, with full jitter after ones that had not. */
function reconnect(state: ActiveState, session: ShardSession | undefined, before: readonly ShardEffect[]): ShardStep {
  const attempt = state.attempt + 1;
  const capMs = Math.min(BACKOFF_MAXIMUM_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt - 2, 16));
  const next = attempt === 1 ? open(session, attempt) : backOff(session, attempt, 0, capMs);
  return { state: next.state, effects: [clearAll, ...before, ...next.effects] };
}

function onSocketClosed(state: ShardState, code: number): ShardStep {
  // While backing off there is no socket, so this is one that was already given up.
  if (state.status === "idle" || state.status === "closed" || state.status === "backingOff") return stay(state);
  const action = gatewayCloseAction(code);
  if (action === "fail") {
    return { state: { status: "closed", reason: { kind: "fatal", code }, session: undefined }, effects: [clearAll] };
  }
  const session = action === "resume" ? state.session : undefined;
  if (code === RATE_LIMITED_CLOSE) {
    const next = backOff(session, state.attempt + 1, RATE_LIMITED_MINIMUM_MS, RATE_LIMITED_MAXIMUM_MS);
    return { state: next.state, effects: [clearAll, ...next.effects] };
  }
  return reconnect(state, session, []);
}

/** Gives the connection up and resumes on a new one. */
function abandon(state: ActiveState): ShardStep {
  return reconnect(state, state.session, [{ type: "closeSocket", code: RESUMABLE_CLOSE }]);
}

function onInvalidSession(state: ShardState, resumable: boolean): ShardStep {
  if (!("heartbeat" in state)) return stay(state);
  if (resumable && state.session !== undefined) return abandon(state);
  // Discord asks for a random pause of one to five seconds before the fresh identify.
  const next = backOff(undefined, state.attempt + 1, 1_000, 5_000);
  const close: ShardEffect = { type: "closeSocket", code: SESSION_ENDING_CLOSE };
  return { state: next.state, effects: [clearAll, close, ...next.effects] };
}

function onHello(state: ShardState, intervalMs: number): ShardStep {
  if (state.status !== "connecting") return stay(state);
  const { attempt, session } = state;
  const heartbeat = { intervalMs, acknowledged: true };
  const effects: ShardEffect[] = [
    { type: "clearTimers", timers: ["connect"] },
    // The first beat comes after interval * jitter, jitter drawn from 0 to 1.
    setTimer("heartbeat", 0, intervalMs),
  ];
  if (session === undefined) {
    effects.push({ type: "requestIdentify" });
    return { state: { status: "queued", session, attempt, heartbeat }, effects };
  }
  effects.push({ type: "sendResume", session }, setTimer("session", SESSION_TIMEOUT_MS));
  return { state: { status: "resuming", session, attempt, heartbeat }, effects };
}

function onReady(state: ConnectedState, frame: DispatchFrame): ShardStep {
  const payload = readyPayloadSchema.safeParse(frame.data);
  // A session that could never be resumed is not worth having; a new identify is.
  if (!payload.success) return reconnect(state, undefined, [{ type: "closeSocket", code: SESSION_ENDING_CLOSE }]);
  const sequence = frame.sequence ?? 0;
  const session = { id: payload.data.session_id, resumeUrl: payload.data.resume_gateway_url, sequence };
  return {
    state: { status: "ready", session, attempt: state.attempt, heartbeat: state.heartbeat },
    effects: [
      { type: "clearTimers", timers: ["session"] },
      { type: "dispatch", frame, sequence },
    ],
  };
}

function onResumed(state: Extract<ShardState, { readonly status: "resuming" }>, frame: DispatchFrame): ShardStep {
  const sequence = Math.max(state.session.sequence, frame.sequence ?? 0);
  return {
    state: { ...state, status: "ready", session: { ...state.session, sequence } },
    effects: [
      { type: "clearTimers", timers: ["session"] },
      { type: "dispatch", frame, sequence },
    ],
  };
}

function onDispatch(state: ShardState, frame: DispatchFrame): ShardStep {
  if (state.status === "identifying") {
    if (frame.type === "READY") return onReady(state, frame);
    return { state, effects: [{ type: "dispatch", frame, sequence: frame.sequence ?? 0 }] };
  }
  if (state.status !== "ready" && state.status !== "resuming") return stay(state);
  if (state.status === "resuming" && frame.type === "RESUMED") return onResumed(state, frame);
  const known = state.session.sequence;
  if (frame.sequence !== null && frame.sequence <= known) {
    return { state, effects: [{ type: "dropDuplicate", frame }] };
  }
  const sequence = frame.sequence ?? known;
  const session = { id: state.session.id, resumeUrl: state.session.resumeUrl, sequence };
  const { heartbeat } = state;
  // A dispatch of its own, not a replayed one, shows that the connection works.
  const next: ShardState =
    state.status === "ready"
      ? { status: "ready", session, attempt: 0, heartbeat }
      : { status: "resuming", session, attempt: state.attempt, heartbeat };
  return { state: next, effects: [{ type: "dispatch", frame, sequence }] };
}

function onHeartbeatAck(state: ShardState): ShardStep {
  if (!("heartbeat" in state)) return stay(state);
  const heartbeat = { ...state.heartbeat, acknowledged: true };
  return stay({ ...state, heartbeat, attempt: state.status === "ready" ? 0 : state.attempt });
}

function onFrame(state: ShardState, frame: GatewayFrame): ShardStep {
  switch (frame.kind) {
    case "dispatch":
      return onDispatch(state, frame);
    case "hello":
      return onHello(state, frame.heartbeatIntervalMs);
    case "heartbeatAck":
      return onHeartbeatAck(state);
    case "heartbeat":
      if (!("heartbeat" in state)) return stay(state);
      return { state, effects: [{ type: "sendHeartbeat", sequence: state.session?.sequence ?? null }] };
    case "reconnect":
      return "heartbeat" in state ? abandon(state) : stay(state);
    case "invalidSession":
      return onInvalidSession(state, frame.resumable);
    case "unknown":
    case "malformed":
      return stay(state);
  }
}

function onHeartbeatTimer(state: ShardState): ShardStep {
  if (!("heartbeat" in state)) return stay(state);
  // No acknowledgement between two beats: the connection is dead however open its socket looks.
  if (!state.heartbeat.acknowledged) return abandon(state);
  const heartbeat = { ...state.heartbeat, acknowledged: false };
  return {
    state: { ...state, heartbeat },
    effects: [
      { type: "sendHeartbeat", sequence: state.session?.sequence ?? null },
      setTimer("heartbeat", heartbeat.intervalMs),
    ],
  };
}

function onTimer(state: ShardState, timer: ShardTimer): ShardStep {
  switch (timer) {
    case "heartbeat":
      return onHeartbeatTimer(state);
    case "backoff":
      return state.status === "backingOff" ? open(state.session, state.attempt) : stay(state);
    case "connect":
      return state.status === "connecting" ? abandon(state) : stay(state);
    case "session":
      return state.status === "identifying" || state.status === "resuming" ? abandon(state) : stay(state);
  }
}

function onCloseRequested(state: ShardState, keepSession: boolean): ShardStep {
  if (state.status === "closed") return stay(state);
  const reason = { kind: "requested" } as const;
  if (state.status === "idle") return stay({ status: "closed", reason, session: undefined });
  const session = keepSession ? state.session : undefined;
  const code = keepSession ? RESUMABLE_CLOSE : SESSION_ENDING_CLOSE;
  return { state: { status: "closed", reason, session }, effects: [clearAll, { type: "closeSocket", code }] };
}

/** The state of a shard that has not connected yet. */
export const initialShardState: ShardState = { status: "idle" };

/**
 * The life of one gateway connection as a pure function: takes what happened, gives the next state and what the driver has to
 * do, in order. It never throws, ignores inputs that a state has no use for, and holds neither token nor socket nor clock.
 *
 * @see [Discord Docs/Gateway, "Connections" and "Resuming"]
 */
export function stepShard(state: ShardState, input: ShardInput): ShardStep {
  switch (input.type) {
    case "connectRequested":
      return state.status === "idle" || state.status === "closed" ? open(input.session, 0) : stay(state);
    case "closeRequested":
      return onCloseRequested(state, input.keepSession);
    case "socketClosed":
      return onSocketClosed(state, input.code);
    case "frame":
      return onFrame(state, input.frame);
    case "identifyGranted":
      if (state.status !== "queued") return stay(state);
      return {
        state: { ...state, status: "identifying" },
        effects: [{ type: "sendIdentify" }, setTimer("session", SESSION_TIMEOUT_MS)],
      };
    case "timerFired":
      return onTimer(state, input.timer);
  }
}
