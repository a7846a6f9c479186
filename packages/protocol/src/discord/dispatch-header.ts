/** What the first bytes of a dispatch say. */
export interface DispatchHeader {
  /** The event's name on the wire: `MESSAGE_CREATE`. */
  readonly type: string;
  /** The sequence number within the session. */
  readonly sequence: number;
}

const NAME_START = Buffer.from('{"t":"');
const AFTER_NAME = Buffer.from('","s":');
const AFTER_SEQUENCE = Buffer.from(',"op":0,"d":');
const MAXIMUM_NAME_BYTES = 64;
/** As many digits as a number holds exactly. */
const MAXIMUM_SEQUENCE_DIGITS = 15;
const [A, Z, UNDERSCORE, ZERO, NINE] = [0x41, 0x5a, 0x5f, 0x30, 0x39];
const CLOSING_BRACE = 0x7d;

/**
 * Reads name and sequence of an op 0 message without parsing its payload, for events that nobody wants. Discord writes
 * `{"t":…,"s":…,"op":0,"d":…}` in this order, which no document promises: for everything else the answer is undefined, and the
 * message must be parsed.
 */
export function peekDispatchHeader(message: Buffer): DispatchHeader | undefined {
  if (message[message.length - 1] !== CLOSING_BRACE || !startsWith(message, NAME_START, 0)) return undefined;
  const nameAt = NAME_START.length;
  let at = nameAt;
  while (isNameByte(message[at]) && at - nameAt < MAXIMUM_NAME_BYTES) at++;
  if (at === nameAt || !startsWith(message, AFTER_NAME, at)) return undefined;
  const type = message.toString("latin1", nameAt, at);
  at += AFTER_NAME.length;
  const sequenceAt = at;
  let sequence = 0;
  for (let digit = digitOf(message[at]); digit !== undefined; digit = digitOf(message[at])) {
    sequence = sequence * 10 + digit;
    at++;
  }
  const digits = at - sequenceAt;
  // JSON writes no leading zero, and more digits than these would not be exact.
  const isNumber = digits > 0 && digits <= MAXIMUM_SEQUENCE_DIGITS && (digits === 1 || message[sequenceAt] !== ZERO);
  return isNumber && startsWith(message, AFTER_SEQUENCE, at) ? { type, sequence } : undefined;
}

function startsWith(message: Buffer, expected: Buffer, at: number): boolean {
  for (let index = 0; index < expected.length; index++) if (message[at + index] !== expected[index]) return false;
  return true;
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= A && byte <= Z) || byte === UNDERSCORE || (byte >= ZERO && byte <= NINE));
}

function digitOf(byte: number | undefined): number | undefined {
  return byte !== undefined && byte >= ZERO && byte <= NINE ? byte - ZERO : undefined;
}
