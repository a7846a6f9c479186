import { AntiphonError } from "@antiphon/std";

/** What can go wrong on the bus; the README has a paragraph for each. */
export type BridgeErrorCode =
  | "BRIDGE_BUCKET_MISMATCH"
  | "BRIDGE_BUCKET_MISSING"
  | "BRIDGE_CLOSED"
  | "BRIDGE_COMMAND_REFUSED"
  | "BRIDGE_CONFIG_UNREADABLE"
  | "BRIDGE_CONNECT_FAILED"
  | "BRIDGE_CYTUBE_LOGIN_FAILED"
  | "BRIDGE_CYTUBE_UNREACHABLE"
  | "BRIDGE_INVALID_KEY"
  | "BRIDGE_INVALID_SUBJECT"
  | "BRIDGE_MESSAGE_TOO_LARGE"
  | "BRIDGE_NO_RESPONDER"
  | "BRIDGE_NOT_CONNECTED"
  | "BRIDGE_OUTBOX_FULL"
  | "BRIDGE_REQUEST_FAILED"
  | "BRIDGE_REQUEST_TIMED_OUT"
  | "BRIDGE_REVISION_CONFLICT";

/** Every error that this package throws. */
export class BridgeError extends AntiphonError<BridgeErrorCode> {}
