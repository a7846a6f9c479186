/** What the frames of a WebSocket are for. @see RFC 6455, section 5.2 */
export const FrameOpcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** What a {@link FrameReader} hands on. Buffers are only valid during the call. */
export interface FrameHandlers {
  /** A whole message, text or binary, of one frame or of several. */
  readonly onMessage: (message: Buffer) => void;
  /** A ping, a pong or a close, which may come between the frames of a message. */
  readonly onControl: (opcode: number, payload: Buffer) => void;
  /** The server broke the protocol: `closeCode` is to be sent back. Nothing is handed on afterwards. */
  readonly onViolation: (closeCode: number, problem: string) => void;
}

/** Finds the messages in the bytes that a WebSocket server sends. */
export interface FrameReader {
  /** Takes the next bytes, wherever they were cut. After a close frame, or a violation, they are ignored. */
  read(chunk: Buffer): void;
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
 * Builds a {@link FrameReader} for the client's side. A frame that lies in one chunk is handed on where it lies, which makes it several
 * times cheaper than a general reader; text is not checked to be UTF-8, and extensions are not known.
 */
export function createFrameReader(maximumMessageBytes: number, handlers: FrameHandlers): FrameReader {
  const { onMessage, onControl, onViolation } = handlers;
  /** A header that was cut. */
  const header = Buffer.alloc(LONGEST_HEADER_BYTES);
  let headerBytes = 0;
  let opcode: number = FrameOpcode.Continuation;
  let isFinal = true;
  /** The payload so far of a frame that was cut, and how much of it is to come. */
  let pieces: Buffer[] = [];
  let missingBytes = 0;
  /** The frames so far of a message that has several. */
  let fragments: Buffer[] = [];
  let fragmentBytes = 0;
  let isWithinMessage = false;
  let hasEnded = false;

  const deliver = (payload: Buffer) => {
    if (opcode >= FrameOpcode.Close) {
      hasEnded = opcode === FrameOpcode.Close;
      return onControl(opcode, payload);
    }
    if (isFinal && !isWithinMessage) return onMessage(payload);
    fragments.push(Buffer.from(payload));
    fragmentBytes += payload.length;
    isWithinMessage = !isFinal;
    if (isWithinMessage) return;
    const message = Buffer.concat(fragments);
    fragments = [];
    fragmentBytes = 0;
    onMessage(message);
  };
  const violate = (closeCode: number, problem: string): number => {
    hasEnded = true;
    onViolation(closeCode, problem);
    return 0;
  };
  /** Reads a whole header; gives the length of its payload. */
  const begin = (bytes: Buffer, at: number): number => {
    const first = bytes[at] ?? 0;
    const problem = headerProblem(first, bytes[at + 1] ?? 0, isWithinMessage);
    if (problem !== undefined) return violate(PROTOCOL_ERROR, problem);
    opcode = first & OPCODE_BITS;
    isFinal = (first & FINAL_BIT) !== 0;
    const sizeBytes = payloadBytesOf(bytes, at);
    if (sizeBytes + fragmentBytes <= maximumMessageBytes) return sizeBytes;
    return violate(MESSAGE_TOO_BIG, `a message is over ${maximumMessageBytes} bytes`);
  };
  const takePiece = (chunk: Buffer, at: number): number => {
    const end = Math.min(at + missingBytes, chunk.length);
    pieces.push(Buffer.from(chunk.subarray(at, end)));
    missingBytes -= end - at;
    if (missingBytes === 0) {
      const payload = Buffer.concat(pieces);
      pieces = [];
      deliver(payload);
    }
    return end;
  };
  const takePayload = (chunk: Buffer, at: number, sizeBytes: number): number => {
    const end = at + sizeBytes;
    if (end > chunk.length) {
      missingBytes = sizeBytes;
      return takePiece(chunk, at);
    }
    deliver(chunk.subarray(at, end));
    return end;
  };
  const takeHeader = (chunk: Buffer, at: number): number => {
    header[headerBytes++] = chunk[at] ?? 0;
    if (!hasHeader(header.subarray(0, headerBytes), 0)) return at + 1;
    headerBytes = 0;
    const sizeBytes = begin(header, 0);
    return hasEnded ? chunk.length : takePayload(chunk, at + 1, sizeBytes);
  };

  return {
    read(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (hasEnded) return;
        if (missingBytes > 0) at = takePiece(chunk, at);
        else if (headerBytes > 0 || !hasHeader(chunk, at)) at = takeHeader(chunk, at);
        else {
          const sizeBytes = begin(chunk, at);
          if (hasEnded) return;
          at = takePayload(chunk, at + headerBytesOf(chunk[at + 1] ?? 0), sizeBytes);
        }
      }
    },
  };
}
