import { AntiphonError, describeError } from "@antiphon/std";

/** What can go wrong in this package; each code has a paragraph in the README. */
export type LavalinkErrorCode =
  | "LAVALINK_AUTOPLAY_FAILED"
  | "LAVALINK_BAD_REQUEST"
  | "LAVALINK_BAD_RESPONSE"
  | "LAVALINK_CLOSED"
  | "LAVALINK_DAVE_REQUIRED"
  | "LAVALINK_INTERNAL"
  | "LAVALINK_INVALID_ARGUMENT"
  | "LAVALINK_LOAD_FAILED"
  | "LAVALINK_NODE_LOST"
  | "LAVALINK_NO_NODE"
  | "LAVALINK_PLAYER_DESTROYED"
  | "LAVALINK_PLAYER_NOT_FOUND"
  | "LAVALINK_PLUGIN_FAILED"
  | "LAVALINK_QUEUE_FULL"
  | "LAVALINK_RATE_LIMITED"
  | "LAVALINK_SERVER_ERROR"
  | "LAVALINK_SESSION_NOT_FOUND"
  | "LAVALINK_SNAPSHOT_CORRUPT"
  | "LAVALINK_SNAPSHOT_NOT_FOUND"
  | "LAVALINK_SNAPSHOT_VERSION"
  | "LAVALINK_STORE_FAILED"
  | "LAVALINK_TIMEOUT"
  | "LAVALINK_TOO_MANY_FAILURES"
  | "LAVALINK_UNAUTHORIZED"
  | "LAVALINK_UNREACHABLE"
  | "LAVALINK_VOICE_LOST"
  | "LAVALINK_VOICE_TIMEOUT";

/** What a failure is about: a breach of the protocol, a node, one player, a track that cannot be found, or the client and its use. */
export type LavalinkErrorKind = "protocol" | "node" | "player" | "track" | "client";

const kinds: Readonly<Record<LavalinkErrorCode, LavalinkErrorKind>> = {
  LAVALINK_AUTOPLAY_FAILED: "track",
  LAVALINK_BAD_REQUEST: "protocol",
  LAVALINK_BAD_RESPONSE: "protocol",
  LAVALINK_CLOSED: "client",
  LAVALINK_DAVE_REQUIRED: "player",
  LAVALINK_INTERNAL: "client",
  LAVALINK_INVALID_ARGUMENT: "client",
  LAVALINK_LOAD_FAILED: "track",
  LAVALINK_NODE_LOST: "node",
  LAVALINK_NO_NODE: "node",
  LAVALINK_PLAYER_DESTROYED: "player",
  LAVALINK_PLAYER_NOT_FOUND: "player",
  LAVALINK_PLUGIN_FAILED: "track",
  LAVALINK_QUEUE_FULL: "player",
  LAVALINK_RATE_LIMITED: "node",
  LAVALINK_SERVER_ERROR: "node",
  LAVALINK_SESSION_NOT_FOUND: "node",
  LAVALINK_SNAPSHOT_CORRUPT: "client",
  LAVALINK_SNAPSHOT_NOT_FOUND: "client",
  LAVALINK_SNAPSHOT_VERSION: "client",
  LAVALINK_STORE_FAILED: "client",
  LAVALINK_TIMEOUT: "node",
  LAVALINK_TOO_MANY_FAILURES: "player",
  LAVALINK_UNAUTHORIZED: "node",
  LAVALINK_UNREACHABLE: "node",
  LAVALINK_VOICE_LOST: "player",
  LAVALINK_VOICE_TIMEOUT: "player",
};

/** Every error that this package throws or reports. */
export class LavalinkError extends AntiphonError<LavalinkErrorCode> {
  /** What it is about, for a handler that need not know every code. */
  get kind(): LavalinkErrorKind {
    return kinds[this.code];
  }
}

/** Whether a value is a {@link LavalinkError} with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly LavalinkErrorCode[]): error is LavalinkError {
  return error instanceof LavalinkError && codes.includes(error.code);
}

/** Any thrown value as a {@link LavalinkError}; `who` names what it happened to. */
export function toLavalinkError(error: unknown, who: string): LavalinkError {
  if (error instanceof LavalinkError) return error;
  return new LavalinkError("LAVALINK_INTERNAL", `${who}: ${describeError(error)}`, { cause: error });
}
