/** Bytes that are not what the MLS presentation language says they should be. */
export class TlsDecodeError extends Error {}

/** A variable-length integer, as QUIC writes it and MLS takes over. @see RFC 9000 section 16, RFC 9420 section 2.1.2 */
function encodeLength(length: number): Buffer {
  if (length < 0x40) return Buffer.of(length);
  if (length < 0x4000) return uint16(length | 0x4000);
  return uint32(length + 0x8000_0000);
}

/** `opaque name<V>`: the parts joined, behind their length. */
export function vector(...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([encodeLength(length), ...parts]);
}

/** A text as `opaque name<V>`. */
export function textVector(text: string): Buffer {
  return vector(Buffer.from(text, "latin1"));
}

/** A 16-bit integer, big endian. */
export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** A 32-bit integer, big endian. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A 64-bit integer, big endian. */
export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** Reads the presentation language from the front of some bytes; every read throws a {@link TlsDecodeError} at their end. */
export interface TlsReader {
  /** How many bytes were read so far. */
  readonly offset: number;
  /** How many bytes are left. */
  readonly remaining: number;
  uint8(): number;
  uint16(): number;
  uint32(): number;
  uint64(): bigint;
  /** The content of an `opaque name<V>`. */
  vector(): Buffer;
}

/** Builds a {@link TlsReader}. */
export function createTlsReader(source: Uint8Array): TlsReader {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  let offset = 0;
  const take = (length: number): Buffer => {
    if (offset + length > bytes.length) {
      throw new TlsDecodeError(`${length} bytes are missing at offset ${offset} of ${bytes.length}`);
    }
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const length = (): number => {
    const first = take(1)[0] as number;
    const prefix = first >> 6;
    if (prefix === 3)
      throw new TlsDecodeError(`length prefix 0x${first.toString(16)} at offset ${offset - 1} is reserved`);
    let value = first & 0x3f;
    for (let extra = (1 << prefix) - 1; extra > 0; extra--) value = value * 256 + (take(1)[0] as number);
    return value;
  };
  return {
    get offset() {
      return offset;
    },
    get remaining() {
      return bytes.length - offset;
    },
    uint8: () => take(1).readUInt8(),
    uint16: () => take(2).readUInt16BE(),
    uint32: () => take(4).readUInt32BE(),
    uint64: () => take(8).readBigUInt64BE(),
    vector: () => take(length()),
  };
}
