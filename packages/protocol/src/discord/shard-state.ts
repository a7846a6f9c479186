import type { DispatchFrame, GatewayFrame } from "./gateway-frame.ts";

/** What a shard needs in order to resume. */
export interface ShardSession {
  /** `session_id` of READY. */
  readonly id: string;
  /** `resume_gateway_url` of READY, without a query. */
  readonly resumeUrl: string;
  /** The sequence number of the last dispatch. */
  readonly sequence: number;
}

/** Why a shard is closed for good. */
export type ShardCloseReason =
  /** The caller asked for it. */
  | { readonly kind: "requested" }
  /** Discord closed with a code after which connecting again is pointless. */
  | { readonly kind: "fatal"; readonly code: number };

/** The heartbeat of the connection that a state owns. */
export interface ShardHeartbeat {
  readonly intervalMs: number;
  /** Whether the last heartbeat was acknowledged; true before the first. */
  readonly acknowledged: boolean;
}

interface Reconnecting {
  /** The session to resume; undefined to start a new one. */
  readonly session: ShardSession | undefined;
  /** How many connections in a row did not last; decides how long to wait before the next. */
  readonly attempt: number;
}

/** A state that owns an open connection on which HELLO has arrived. */
interface Greeted extends Reconnecting {
  readonly heartbeat: ShardHeartbeat;
}

/** Where a shard is. Every state owns what it names; leaving it frees that. */
export type ShardState =
  /** Never connected. */
  | { readonly status: "idle" }
  /** A socket is opening, or open and waiting for HELLO. */
  | ({ readonly status: "connecting" } & Reconnecting)
  /** Connected and heartbeating, waiting for its turn to identify. */
  | ({ readonly status: "queued" } & Greeted)
  /** Op 2 is sent, READY is awaited. */
  | ({ readonly status: "identifying" } & Greeted)
  /** Op 6 is sent; missed dispatches arrive, RESUMED is awaited. */
  | ({ readonly status: "resuming"; readonly session: ShardSession } & Greeted)
  /** Dispatches arrive. */
  | ({ readonly status: "ready"; readonly session: ShardSession } & Greeted)
  /** Not connected, waiting before the next connection. */
  | ({ readonly status: "backingOff" } & Reconnecting)
  /** Ended; `session` can still be resumed by a later process when the close kept it. */
  | { readonly status: "closed"; readonly reason: ShardCloseReason; readonly session: ShardSession | undefined };

/** The name of a {@link ShardState}. */
export type ShardStatus = ShardState["status"];

/**
 * The timers of a shard: `connect` bounds the wait for HELLO, `session` the wait for READY or RESUMED, `heartbeat` beats,
 * `backoff` delays the next connection.
 */
export type ShardTimer = "connect" | "session" | "heartbeat" | "backoff";

/** What can happen to a shard. */
export type ShardInput =
  /** Start; with a session, resume it. Ignored unless idle or closed. */
  | { readonly type: "connectRequested"; readonly session?: ShardSession | undefined }
  /** End; `keepSession` leaves the session resumable for a few minutes, otherwise the bot goes offline at once. */
  | { readonly type: "closeRequested"; readonly keepSession: boolean }
  /** The current socket closed, or never opened; 1006 when there was no close frame. */
  | { readonly type: "socketClosed"; readonly code: number }
  /** A frame arrived on the current socket. */
  | { readonly type: "frame"; readonly frame: GatewayFrame }
  /** It is this shard's turn to identify. */
  | { readonly type: "identifyGranted" }
  /** A timer ran out. */
  | { readonly type: "timerFired"; readonly timer: ShardTimer };

/** What the driver of a shard has to do. */
export type ShardEffect =
  /** Open a socket to `resumeUrl`, or to the main gateway when undefined; `attempt` counts connections that did not last. */
  | { readonly type: "openSocket"; readonly resumeUrl: string | undefined; readonly attempt: number }
  /** Close the current socket with this code and forget it: nothing that it still says may become an input. */
  | { readonly type: "closeSocket"; readonly code: number }
  /** Ask the identify gate; answer with `identifyGranted`, unless a `closeSocket` or a lost socket comes first. */
  | { readonly type: "requestIdentify" }
  /** Send op 2. */
  | { readonly type: "sendIdentify" }
  /** Send op 6. */
  | { readonly type: "sendResume"; readonly session: ShardSession }
  /** Send op 1. */
  | { readonly type: "sendHeartbeat"; readonly sequence: number | null }
  /** (Re)start a timer with a delay drawn evenly from `minimumMs` to `maximumMs`. */
  | { readonly type: "setTimer"; readonly timer: ShardTimer; readonly minimumMs: number; readonly maximumMs: number }
  /** Stop these timers; those that do not run are ignored. */
  | { readonly type: "clearTimers"; readonly timers: readonly ShardTimer[] }
  /** Hand a dispatch to the subscribers. */
  | { readonly type: "dispatch"; readonly frame: DispatchFrame; readonly sequence: number }
  /** A dispatch came a second time and was dropped. */
  | { readonly type: "dropDuplicate"; readonly frame: DispatchFrame };

/** A state and what to do on the way to it, in this order. */
export interface ShardStep {
  readonly state: ShardState;
  readonly effects: readonly ShardEffect[];
}
