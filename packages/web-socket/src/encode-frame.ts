import { randomBytes } from "node:crypto";

const [FINAL_BIT, MASK_BIT] = [0x80, 0x80];
const MASK_BYTES = 4;

/** Encodes a whole message, or a control frame, as a client sends it: masked. @see RFC 6455, section 5.2 */
export function encodeFrame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 0x1_0000 ? 2 : 8;
  const maskAt = 2 + lengthBytes;
  const payloadAt = maskAt + MASK_BYTES;
  const frame = Buffer.allocUnsafe(payloadAt + length);
  frame[0] = FINAL_BIT | opcode;
  frame[1] = MASK_BIT | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  // Nobody may foresee the mask, lest a payload be taken for a request by what lies between.
  const mask = randomBytes(MASK_BYTES);
  frame.set(mask, maskAt);
  for (let index = 0; index < length; index++) {
    frame[payloadAt + index] = (payload[index] ?? 0) ^ (mask[index % MASK_BYTES] ?? 0);
  }
  return frame;
}
