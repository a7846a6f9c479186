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
  | "LAVALINK_NODE_LOST"
  | "LAVALINK_NO_NODE"
  | "LAVALINK_PLAYER_DESTROYED"
  | "LAVALINK_PLAYER_NOT_FOUND"
  | "LAVALINK_QUEUE_FULL"
  | "LAVALINK_RATE_LIMITED"
  | "LAVALINK_SERVER_ERROR"
  | "LAVALINK_SESSION_NOT_FOUND"
  | "LAVALINK_STORE_FAILED"
  | "LAVALINK_TIMEOUT"
  | "LAVALINK_TOO_MANY_FAILURES"
  | "LAVALINK_UNAUTHORIZED"
  | "LAVALINK_UNREACHABLE"
  | "LAVALINK_VOICE_LOST"
  | "LAVALINK_VOICE_TIMEOUT";

/** Every error that this package throws or reports. */
export class LavalinkError extends AntiphonError<LavalinkErrorCode> {}

/** Whether a value is a {@link LavalinkError} with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly LavalinkErrorCode[]): error is LavalinkError {
  return error instanceof LavalinkError && codes.includes(error.code);
}

/** Any thrown value as a {@link LavalinkError}; `who` names what it happened to. */
export function toLavalinkError(error: unknown, who: string): LavalinkError {
  if (error instanceof LavalinkError) return error;
  return new LavalinkError("LAVALINK_INTERNAL", `${who}: ${describeError(error)}`, { cause: error });
}
