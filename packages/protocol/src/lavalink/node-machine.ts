/** Where the connection to one node is. */
export type NodeState =
  /** Before `connect`, and again when the node has refused for good or was given up. */
  | { readonly name: "idle" }
  /** A socket is being opened, or is open and has not said `ready`. `attempt` counts the failures before it. */
  | {
      readonly name: "connecting";
      readonly attempt: number;
      readonly sessionId: string | undefined;
      readonly lost: boolean;
    }
  /** `attempt` is above 0 until the connection has proved itself by lasting. */
  | { readonly name: "ready"; readonly sessionId: string; readonly attempt: number }
  /** Between two attempts. */
  | {
      readonly name: "waiting";
      readonly attempt: number;
      readonly sessionId: string | undefined;
      readonly lost: boolean;
    }
  | { readonly name: "closed" };

/** What happens to the connection. */
export type NodeInput =
  /** `sessionId` is of an earlier run of the process, to be resumed if the node still has it. */
  | { readonly type: "connect"; readonly sessionId?: string | undefined }
  | { readonly type: "ready"; readonly sessionId: string; readonly resumed: boolean }
  /** The socket closed, or could not be opened. `fatal` where trying again cannot help (wrong password). */
  | { readonly type: "socketClosed"; readonly fatal: boolean }
  | { readonly type: "retryDue" }
  /** It was tried often enough: only another `connect` tries again. */
  | { readonly type: "giveUp" }
  /** The connection has been ready for a good while. */
  | { readonly type: "stable" }
  | { readonly type: "close" };

/** What the driver has to do. */
export type NodeEffect =
  | { readonly type: "openSocket"; readonly sessionId: string | undefined }
  | { readonly type: "closeSocket" }
  /** Give `retryDue` after the backoff of this attempt; at most one is pending. */
  | { readonly type: "scheduleRetry"; readonly attempt: number }
  | { readonly type: "cancelRetry" }
  /** Commands may flow; without `resumed` the node knows no players of ours. Give `stable` once it has lasted. */
  | { readonly type: "becameReady"; readonly sessionId: string; readonly resumed: boolean }
  /** The socket dropped; an immediate reconnect is under way and may resume. */
  | { readonly type: "interrupted" }
  /** The immediate reconnect failed too: players should move. Told once until the next `becameReady`. */
  | { readonly type: "becameLost"; readonly fatal: boolean };

/** What {@link stepNode} gives. */
export interface NodeStep {
  readonly state: NodeState;
  readonly effects: readonly NodeEffect[];
}

/** The state before `connect`. */
export const initialNodeState: NodeState = { name: "idle" };

/**
 * The connection to a Lavalink node as a pure machine. A socket that drops is opened again at once with its session id, since a
 * node that only lost its socket still plays; only when that fails is the node lost, and then it is retried with backoff for
 * as long as it takes. A connection that drops again before it was stable is lost too: a node that accepts and hangs up must not
 * be hammered.
 */
export function stepNode(state: NodeState, input: NodeInput): NodeStep {
  if (state.name === "closed") return { state, effects: [] };
  switch (input.type) {
    case "connect":
      return state.name === "idle" ? open(0, input.sessionId, false) : { state, effects: [] };
    case "ready":
      if (state.name !== "connecting") return { state, effects: [] };
      return {
        state: { name: "ready", sessionId: input.sessionId, attempt: state.attempt },
        effects: [{ type: "becameReady", sessionId: input.sessionId, resumed: input.resumed }],
      };
    case "socketClosed":
      return socketClosed(state, input.fatal);
    case "retryDue":
      return state.name === "waiting" ? open(state.attempt, state.sessionId, state.lost) : { state, effects: [] };
    case "giveUp":
      return { state: state.name === "waiting" ? initialNodeState : state, effects: [] };
    case "stable":
      return { state: state.name === "ready" ? { ...state, attempt: 0 } : state, effects: [] };
    case "close":
      return { state: { name: "closed" }, effects: [{ type: "cancelRetry" }, { type: "closeSocket" }] };
  }
}

function open(attempt: number, sessionId: string | undefined, lost: boolean): NodeStep {
  return { state: { name: "connecting", attempt, sessionId, lost }, effects: [{ type: "openSocket", sessionId }] };
}

function socketClosed(state: NodeState, fatal: boolean): NodeStep {
  if (state.name !== "connecting" && state.name !== "ready") return { state, effects: [] };
  const { attempt, sessionId } = state;
  if (state.name === "ready" && attempt === 0 && !fatal) {
    const reopened = open(1, sessionId, false);
    return { state: reopened.state, effects: [{ type: "interrupted" }, ...reopened.effects] };
  }
  const toldAlready = state.name === "connecting" && state.lost;
  const lost: readonly NodeEffect[] = toldAlready ? [] : [{ type: "becameLost", fatal }];
  if (fatal) return { state: initialNodeState, effects: lost };
  return {
    state: { name: "waiting", attempt: attempt + 1, sessionId, lost: true },
    effects: [...lost, { type: "scheduleRetry", attempt }],
  };
}
