import { BridgeError } from "../error.ts";
import { MAXIMUM_HEADER_BYTES, MAXIMUM_MESSAGE_BYTES } from "./bus-transport.ts";

/** The error for any use of a closed bus. */
export function busClosed(): BridgeError {
  return new BridgeError("BRIDGE_CLOSED", "The bus is closed.");
}

/** The error for any use of a bus that has no server any more. */
export function serverGivenUp(): BridgeError {
  return new BridgeError(
    "BRIDGE_CLOSED",
    "The server was given up after maximumReconnectAttempts. Close the bus and connect another.",
  );
}

/**
 * Refuses what a NATS server would refuse, so that a bot that runs on one bus runs on the other.
 *
 * @param mostBytes - what this server takes, if that is less
 * @throws BridgeError BRIDGE_MESSAGE_TOO_LARGE
 */
export function checkSize(data: Uint8Array, mostBytes = MAXIMUM_MESSAGE_BYTES): void {
  const limit = Math.min(mostBytes, MAXIMUM_MESSAGE_BYTES);
  if (data.byteLength > limit) throw tooLarge(data, limit);
}

/** The error for a message that no server, or not this one, takes. */
export function tooLarge(data: Uint8Array, limitBytes: number): BridgeError {
  return new BridgeError(
    "BRIDGE_MESSAGE_TOO_LARGE",
    `A message of ${data.byteLength} bytes is over the limit of ${limitBytes}, headers counted.`,
  );
}

const HEADER_NAME = /^[\w-]{1,100}$/;
// What is no line of text would end the header early, or the whole message.
const HEADER_VALUE = /^[^\p{Cc}]*$/u;

/** What stands around the headers of a message, and before its id. */
const FRAME_BYTES = "NATS/1.0\r\n\r\n".length;
const ID_BYTES = "Nats-Msg-Id: \r\n".length;

/**
 * Refuses headers that no server would carry: they would end the connection instead of the call. The names of NATS itself are its own.
 *
 * @returns how many bytes they take on the line
 * @throws BridgeError BRIDGE_INVALID_HEADER
 */
export function checkHeaders(headers: Readonly<Record<string, string>> | undefined, id = ""): number {
  if (id !== "" && (!HEADER_VALUE.test(id) || id.length > 1_000)) throw invalidHeader("The id", id);
  const idBytes = id === "" ? 0 : ID_BYTES + Buffer.byteLength(id);
  if (headers === undefined) return idBytes === 0 ? 0 : FRAME_BYTES + idBytes;
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name) || name.startsWith("Nats-")) throw invalidHeader("The header's name", name);
    if (!HEADER_VALUE.test(value)) throw invalidHeader(`The header ${name}`, value);
    sizeBytes += name.length + Buffer.byteLength(value) + 4;
  }
  if (sizeBytes <= MAXIMUM_HEADER_BYTES) return FRAME_BYTES + idBytes + sizeBytes;
  throw new BridgeError(
    "BRIDGE_INVALID_HEADER",
    `Headers of ${sizeBytes} bytes are over the limit of ${MAXIMUM_HEADER_BYTES}.`,
  );
}

function invalidHeader(what: string, text: string): BridgeError {
  return new BridgeError(
    "BRIDGE_INVALID_HEADER",
    `${what} ${JSON.stringify(text.slice(0, 200))} cannot travel: names are letters, digits, - and _ (not Nats-…), values and ids one line of text.`,
  );
}

/** The error for a request that nobody listens for. */
export function noResponder(subject: string): BridgeError {
  return new BridgeError("BRIDGE_NO_RESPONDER", `Nobody answers requests on ${subject}.`, { retryable: true });
}

/** The error for a message that found the outbox full, or gave way to one that did. */
export function outboxFull(what: string): BridgeError {
  return new BridgeError("BRIDGE_OUTBOX_FULL", `The outbox is full: ${what}.`, { retryable: true });
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
