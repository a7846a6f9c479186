import type { ByteReader } from "./byte-reader.ts";

/** The head of an element: what it is, and how long its content is. */
export interface EbmlElement {
  /** The identifier with its length marker, as the specification prints it. */
  readonly id: number;
  /** The content's size in bytes; null when the writer did not know it, as in live streams. */
  readonly sizeBytes: number | null;
}

/** A number of variable length, and how many bytes it took. */
interface VariableInteger {
  /** Without the length marker. */
  readonly value: number;
  readonly codedIn: number;
  /** All bits of the value are set: reserved for "unknown". */
  readonly isUnknown: boolean;
}

const MAXIMUM_ID_BYTES = 4;
const MAXIMUM_SIZE_BYTES = 8;

/** Reads a variable-length integer at an offset; undefined when it is malformed or cut. @see RFC 8794, section 4 */
export function readVariableInteger(bytes: Uint8Array, offset: number): VariableInteger | undefined {
  const first = bytes[offset];
  if (first === undefined || first === 0) return undefined;
  const codedIn = Math.clz32(first) - 23;
  if (codedIn > MAXIMUM_SIZE_BYTES || offset + codedIn > bytes.length) return undefined;
  const firstBits = first & (0xff >> codedIn);
  let value = firstBits;
  let isUnknown = firstBits === 0xff >> codedIn;
  for (let index = 1; index < codedIn; index++) {
    const byte = bytes[offset + index] ?? 0;
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { value, codedIn, isUnknown };
}

/** The element whose head lies at an offset, and where its content begins; undefined when there is none. */
function readElement(
  bytes: Uint8Array,
  offset: number,
): { readonly element: EbmlElement; readonly contentAt: number } | undefined {
  const id = readVariableInteger(bytes, offset);
  if (id === undefined || id.codedIn > MAXIMUM_ID_BYTES) return undefined;
  const size = readVariableInteger(bytes, offset + id.codedIn);
  if (size === undefined) return undefined;
  const marked = id.value + 2 ** (7 * id.codedIn);
  const sizeBytes = size.isUnknown ? null : size.value;
  return { element: { id: marked, sizeBytes }, contentAt: offset + id.codedIn + size.codedIn };
}

/** Consumes the head of the next element; undefined, with nothing consumed, when there is none. */
export async function takeElement(reader: ByteReader): Promise<EbmlElement | undefined> {
  const head = readElement(await reader.peek(MAXIMUM_ID_BYTES + MAXIMUM_SIZE_BYTES), 0);
  if (head === undefined) return undefined;
  await reader.skip(head.contentAt);
  return head.element;
}

/** The elements inside the content of another, as far as they are whole. */
export function* childrenOf(content: Uint8Array): Generator<{ readonly id: number; readonly content: Uint8Array }> {
  for (let at = 0; at < content.length;) {
    const head = readElement(content, at);
    const sizeBytes = head?.element.sizeBytes ?? null;
    if (head === undefined || sizeBytes === null) return;
    const end = head.contentAt + sizeBytes;
    if (end > content.length) return;
    yield { id: head.element.id, content: content.subarray(head.contentAt, end) };
    at = end;
  }
}

/** An unsigned integer of 0 to 8 bytes. */
export function unsignedOf(content: Uint8Array): number {
  return content.subarray(0, 8).reduce((value, byte) => value * 256 + byte, 0);
}

/** A floating-point number of 4 or 8 bytes; not a number for another length. */
export function floatOf(content: Uint8Array): number {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  if (content.length === 4) return view.getFloat32(0);
  return content.length === 8 ? view.getFloat64(0) : Number.NaN;
}

/** Text, without the zeros that may fill it up. */
export function textOf(content: Uint8Array): string {
  return Buffer.from(content).toString("utf8").replace(/\0.*$/s, "");
}
