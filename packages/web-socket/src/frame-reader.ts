import { GatheredBytes } from "./gathered-bytes.ts";

/** What the frames of a WebSocket are for. @see RFC 6455, section 5.2 */
export const FrameOpcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** What a {@link FrameReader} hands on. Buffers are only valid during the call. */
export interface FrameHandlers {
  /** A whole message, of one frame or of several. */
  readonly onMessage: (message: Buffer, isBinary: boolean) => void;
  /** A ping, a pong or a close, which may come between the frames of a message. */
  readonly onControl: (opcode: number, payload: Buffer) => void;
  /** The server broke the protocol: `closeCode` is to be sent back. Nothing is handed on afterwards. */
  readonly onViolation: (closeCode: number, problem: string) => void;
}

/** Finds the messages in the bytes that a WebSocket server sends. */
export interface FrameReader {
  /** Takes the next bytes, wherever they were cut. After a close frame, a violation, or `stop`, they are ignored. */
  read(chunk: Buffer): void;
  /** Hands on nothing more, not even the rest of the bytes that are being read. */
  stop(): void;
}

const PROTOCOL_ERROR = 1002;
const MESSAGE_TOO_BIG = 1009;
const [FINAL_BIT, RESERVED_BITS, OPCODE_BITS, MASK_BIT, LENGTH_BITS] = [0x80, 0x70, 0x0f, 0x80, 0x7f];
const MAXIMUM_CONTROL_BYTES = 125;
const [LENGTH_OF_16_BITS, LENGTH_OF_64_BITS] = [126, 127];
const LONGEST_HEADER_BYTES = 10;

/** How long a header is, by its second byte. */
function headerBytesOf(second: number): number {
  const length = second & LENGTH_BITS;
  if (length === LENGTH_OF_64_BITS) return 10;
  return length === LENGTH_OF_16_BITS ? 4 : 2;
}

function hasHeader(chunk: Buffer, at: number): boolean {
  const available = chunk.length - at;
  return available >= 2 && available >= headerBytesOf(chunk[at + 1] ?? 0);
}

function payloadBytesOf(bytes: Buffer, at: number): number {
  const length = (bytes[at + 1] ?? 0) & LENGTH_BITS;
  if (length === LENGTH_OF_16_BITS) return ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  return length === LENGTH_OF_64_BITS ? Number(bytes.readBigUInt64BE(at + 2)) : length;
}

/** What is wrong with a header, if anything. */
function headerProblem(first: number, second: number, isWithinMessage: boolean): string | undefined {
  if ((first & RESERVED_BITS) !== 0) return "a reserved bit is set";
  if ((second & MASK_BIT) !== 0) return "a frame of the server is masked";
  const opcode = first & OPCODE_BITS;
  if (opcode >= FrameOpcode.Close) {
    if (opcode > FrameOpcode.Pong) return `opcode ${opcode} is unknown`;
    const isShortAndWhole = (first & FINAL_BIT) !== 0 && (second & LENGTH_BITS) <= MAXIMUM_CONTROL_BYTES;
    return isShortAndWhole ? undefined : "a control frame is split, or over 125 bytes";
  }
  if (opcode > FrameOpcode.Binary) return `opcode ${opcode} is unknown`;
  if (opcode === FrameOpcode.Continuation)
    return isWithinMessage ? undefined : "a message goes on that was not started";
  return isWithinMessage ? "a message starts within another" : undefined;
}

/**
 * Builds a {@link FrameReader} for the client's side. A message that lies in one chunk is handed on where it lies; text is not checked to
 * be UTF-8, and extensions are not known.
 */
export function createFrameReader(maximumMessageBytes: number, handlers: FrameHandlers): FrameReader {
  const { onMessage, onControl, onViolation } = handlers;
  /** A header that was cut. */
  const header = Buffer.alloc(LONGEST_HEADER_BYTES);
  let headerBytes = 0;
  let opcode: number = FrameOpcode.Continuation;
  let isFinal = true;
  /** How much of the frame's payload is to come. */
  let missingBytes = 0;
  let isWithinMessage = false;
  let isBinary = false;
  let hasEnded = false;
  /** The parts so far of a message, and of a control frame, which may come between them. */
  const message = new GatheredBytes(maximumMessageBytes);
  const control = new GatheredBytes(MAXIMUM_CONTROL_BYTES);

  const violate = (closeCode: number, problem: string) => {
    hasEnded = true;
    onViolation(closeCode, problem);
  };
  /** Reads a whole header. */
  const begin = (bytes: Buffer, at: number) => {
    const first = bytes[at] ?? 0;
    const problem = headerProblem(first, bytes[at + 1] ?? 0, isWithinMessage);
    if (problem !== undefined) return violate(PROTOCOL_ERROR, problem);
    opcode = first & OPCODE_BITS;
    isFinal = (first & FINAL_BIT) !== 0;
    missingBytes = payloadBytesOf(bytes, at);
    if (opcode >= FrameOpcode.Close) return;
    if (opcode !== FrameOpcode.Continuation) isBinary = opcode === FrameOpcode.Binary;
    isWithinMessage = !isFinal;
    if (missingBytes + message.sizeBytes > maximumMessageBytes)
      violate(MESSAGE_TOO_BIG, `a message is over ${maximumMessageBytes} bytes`);
  };
  const deliver = (payload: Buffer) => {
    if (opcode < FrameOpcode.Close) return onMessage(payload, isBinary);
    hasEnded = opcode === FrameOpcode.Close;
    onControl(opcode, payload);
  };
  /** Takes what the chunk has of the payload; gives where that ends. */
  const takePayload = (chunk: Buffer, at: number): number => {
    const end = Math.min(at + missingBytes, chunk.length);
    const part = chunk.subarray(at, end);
    missingBytes -= end - at;
    const isWhole = missingBytes === 0 && isFinal;
    const before = opcode < FrameOpcode.Close ? message : control;
    if (isWhole && before.sizeBytes === 0) deliver(part);
    else {
      before.add(part);
      if (isWhole) deliver(before.take());
    }
    return end;
  };
  const takeHeaderByte = (chunk: Buffer, at: number): number => {
    header[headerBytes++] = chunk[at] ?? 0;
    if (!hasHeader(header.subarray(0, headerBytes), 0)) return at + 1;
    headerBytes = 0;
    begin(header, 0);
    return hasEnded ? chunk.length : takePayload(chunk, at + 1);
  };

  return {
    read(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (hasEnded) return;
        if (missingBytes > 0) at = takePayload(chunk, at);
        else if (headerBytes > 0 || !hasHeader(chunk, at)) at = takeHeaderByte(chunk, at);
        else {
          begin(chunk, at);
          if (hasEnded) return;
          at = takePayload(chunk, at + headerBytesOf(chunk[at + 1] ?? 0));
        }
      }
    },
    stop() {
      hasEnded = true;
    },
  };
}
