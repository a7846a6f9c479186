const HALVES_BYTES = 9;

// By hand, because these run for every entry, and Buffer's own methods check their arguments each time.
function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Writes the halves of a snowflake: five bytes, then four. */
export function putHalves(bytes: Uint8Array, at: number, high: number, low: number): void {
  bytes[at] = Math.floor(high / 2 ** 32);
  putUint32(bytes, at + 1, high);
  putUint32(bytes, at + 5, low);
}

/** Whether the halves of a snowflake are at a place; the last byte, which differs the most, is looked at first. */
export function hasHalves(bytes: Uint8Array, at: number, high: number, low: number): boolean {
  return (
    bytes[at + 8] === (low & 0xff) &&
    bytes[at + 7] === ((low >>> 8) & 0xff) &&
    bytes[at + 6] === ((low >>> 16) & 0xff) &&
    bytes[at + 5] === low >>> 24 &&
    bytes[at + 4] === (high & 0xff) &&
    bytes[at + 3] === ((high >>> 8) & 0xff) &&
    bytes[at + 2] === ((high >>> 16) & 0xff) &&
    bytes[at + 1] === ((high >>> 24) & 0xff) &&
    bytes[at] === Math.floor(high / 2 ** 32)
  );
}

/** Bytes under construction; grows by itself, and is used again for the next record. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(1_024);
  #length = 0;

  /** Starts a new record. */
  reset(): void {
    this.#length = 0;
  }

  /** Forgets what was written from a place on. */
  rewind(length: number): void {
    this.#length = length;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** What was written; only good until the next write. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  #reserve(count: number): number {
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, at + count));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = at + count;
    return at;
  }

  /** Writes zeros, to be filled in with {@link ByteWriter.or}; gives their place. */
  zeros(count: number): number {
    const at = this.#reserve(count);
    // They are few: to check the arguments of a fill costs more than to write them.
    for (let place = at; place < at + count; place++) this.#bytes[place] = 0;
    return at;
  }

  /** Sets bits of a byte that is there already. */
  or(at: number, bits: number): void {
    this.#bytes[at] = (this.#bytes[at] as number) | bits;
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#bytes[this.#reserve(1)] = value;
  }

  /** Writes a whole number of up to 48 bits as six bytes. */
  sixBytes(value: number): void {
    const at = this.#reserve(6);
    const high = Math.floor(value / 2 ** 32);
    this.#bytes[at] = high >>> 8;
    this.#bytes[at + 1] = high;
    putUint32(this.#bytes, at + 2, value);
  }

  /** Writes the halves of a snowflake as nine bytes. */
  halves(high: number, low: number): void {
    putHalves(this.#bytes, this.#reserve(HALVES_BYTES), high, low);
  }

  /** Writes a whole number from 0 to 2^53 - 1, small ones in few bytes (LEB128). */
  varint(value: number): void {
    let left = value;
    while (left >= 0x80) {
      this.byte((left % 0x80) | 0x80);
      left = Math.floor(left / 0x80);
    }
    this.byte(left);
  }

  /** Writes a text with its length. */
  text(value: string): void {
    const sizeBytes = Buffer.byteLength(value);
    this.varint(sizeBytes);
    const at = this.#reserve(sizeBytes);
    this.#bytes.write(value, at, sizeBytes, "utf8");
  }

  /** Writes hexadecimal digits as half as many bytes. */
  hex(value: string): void {
    this.#bytes.write(value, this.#reserve(value.length / 2), "hex");
  }
}

/** Reads what a {@link ByteWriter} wrote. */
export class ByteReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Goes to a place in some bytes. */
  open(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Skips bytes; gives where they begin. */
  skip(count: number): number {
    const at = this.#at;
    this.#at = at + count;
    return at;
  }

  /** The byte at a place. */
  at(place: number): number {
    return this.#bytes[place] as number;
  }

  byte(): number {
    return this.#bytes[this.#at++] as number;
  }

  sixBytes(): number {
    const at = this.skip(6);
    return this.#bytes.readUIntBE(at, 6);
  }

  /** Reads the halves of a snowflake. */
  halves(): { readonly high: number; readonly low: number } {
    const at = this.skip(HALVES_BYTES);
    return { high: this.#bytes.readUIntBE(at, 5), low: this.#bytes.readUInt32BE(at + 5) };
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  }

  text(): string {
    const sizeBytes = this.varint();
    const at = this.skip(sizeBytes);
    return this.#bytes.toString("utf8", at, at + sizeBytes);
  }

  hex(sizeBytes: number): string {
    const at = this.skip(sizeBytes);
    return this.#bytes.toString("hex", at, at + sizeBytes);
  }
}
