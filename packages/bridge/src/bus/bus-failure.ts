import { BridgeError } from "../error.ts";
import { MAXIMUM_MESSAGE_BYTES } from "./bus-transport.ts";

/** The error for any use of a closed bus. */
export function busClosed(): BridgeError {
  return new BridgeError("BRIDGE_CLOSED", "The bus is closed.");
}

/**
 * Refuses what a NATS server would refuse, so that a bot that runs on one bus runs on the other.
 *
 * @throws BridgeError BRIDGE_MESSAGE_TOO_LARGE
 */
export function checkSize(data: Uint8Array): void {
  if (data.byteLength <= MAXIMUM_MESSAGE_BYTES) return;
  throw new BridgeError(
    "BRIDGE_MESSAGE_TOO_LARGE",
    `A message of ${data.byteLength} bytes is over the limit of ${MAXIMUM_MESSAGE_BYTES}.`,
  );
}

/** The error for a request that nobody listens for. */
export function noResponder(subject: string): BridgeError {
  return new BridgeError("BRIDGE_NO_RESPONDER", `Nobody answers requests on ${subject}.`, { retryable: true });
}

/** The error for a request whose responder failed. The failure's own message stays where it was thrown: it may hold a secret. */
export function requestFailed(subject: string, cause?: unknown): BridgeError {
  return new BridgeError("BRIDGE_REQUEST_FAILED", `The responder of ${subject} failed.`, { cause });
}

/** The error for a request that got no answer in time. */
export function requestTimedOut(subject: string, timeoutMs: number): BridgeError {
  return new BridgeError("BRIDGE_REQUEST_TIMED_OUT", `No answer on ${subject} within ${timeoutMs} ms.`, {
    retryable: true,
  });
}
