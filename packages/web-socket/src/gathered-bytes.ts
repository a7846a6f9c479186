const FIRST_BYTES = 4 * 1024;
/** A larger buffer is not kept for what comes next. */
const KEPT_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Bytes that come in parts of any size, however many: they lie in one buffer that grows, so that a part costs its bytes and no more. A
 * class, since the size is asked for with every frame.
 */
export class GatheredBytes {
  /** How many there are so far. */
  sizeBytes = 0;
  readonly #limitBytes: number;
  #buffer = NOTHING;

  /** The caller sees to it that there are never more than `limitBytes`. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(part: Uint8Array): void {
    const neededBytes = this.sizeBytes + part.length;
    if (neededBytes > this.#buffer.length) this.#growTo(neededBytes);
    this.#buffer.set(part, this.sizeBytes);
    this.sizeBytes = neededBytes;
  }
  /** Gives them all and starts anew; what it gives is only valid until the next `add`. */
  take(): Buffer {
    const whole = this.#buffer.subarray(0, this.sizeBytes);
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = NOTHING;
    this.sizeBytes = 0;
    return whole;
  }

  #growTo(neededBytes: number): void {
    const doubledBytes = Math.min(this.#buffer.length * 2, this.#limitBytes);
    const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, doubledBytes, FIRST_BYTES));
    this.#buffer.copy(grown, 0, 0, this.sizeBytes);
    this.#buffer = grown;
  }
}
