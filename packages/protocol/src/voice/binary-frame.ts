/** A binary message from the voice server: DAVE's MLS traffic. */
export interface VoiceServerFrame {
  /** The message's number for `seq_ack`, modulo 2^16. */
  readonly sequence: number;
  readonly op: number;
  readonly payload: Uint8Array;
}

/** A binary message from a client. */
export interface VoiceClientFrame {
  readonly op: number;
  readonly payload: Uint8Array;
}

/** Writes `uint16 sequence | uint8 op | payload`. */
export function encodeServerFrame({ sequence, op, payload }: VoiceServerFrame): Uint8Array {
  const bytes = new Uint8Array(3 + payload.length);
  bytes[0] = sequence >>> 8;
  bytes[1] = sequence;
  bytes[2] = op;
  bytes.set(payload, 3);
  return bytes;
}

/** Reads a server's frame; null when it is cut short. The payload is a view, not a copy. */
export function decodeServerFrame(bytes: Uint8Array): VoiceServerFrame | null {
  const [high, low, op] = bytes;
  if (high === undefined || low === undefined || op === undefined) return null;
  return { sequence: (high << 8) | low, op, payload: bytes.subarray(3) };
}

/** Writes `uint8 op | payload`. */
export function encodeClientFrame({ op, payload }: VoiceClientFrame): Uint8Array {
  const bytes = new Uint8Array(1 + payload.length);
  bytes[0] = op;
  bytes.set(payload, 1);
  return bytes;
}

/** Reads a client's frame; null when it is empty. The payload is a view, not a copy. */
export function decodeClientFrame(bytes: Uint8Array): VoiceClientFrame | null {
  const [op] = bytes;
  return op === undefined ? null : { op, payload: bytes.subarray(1) };
}

/** A commit (op 29) or a welcome (op 30) together with the transition that it belongs to. */
export interface MlsTransition {
  /** 0 takes effect at once; others wait for op 22. */
  readonly transitionId: number;
  readonly message: Uint8Array;
}

/** Reads the payload of op 29 or op 30: `uint16 transition | message`; null when it is cut short. */
export function decodeMlsTransition(payload: Uint8Array): MlsTransition | null {
  const [high, low] = payload;
  if (high === undefined || low === undefined) return null;
  return { transitionId: (high << 8) | low, message: payload.subarray(2) };
}

/** Writes the payload of op 29 or op 30. */
export function encodeMlsTransition({ transitionId, message }: MlsTransition): Uint8Array {
  const bytes = new Uint8Array(2 + message.length);
  bytes[0] = transitionId >>> 8;
  bytes[1] = transitionId;
  bytes.set(message, 2);
  return bytes;
}
