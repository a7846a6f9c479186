const COUNTER_LIMIT = 15;
const ROWS = 4;
/** The counters of one hash are in the same 32 bytes, two words for each row, so that a use touches one line of the processor's cache. */
const BLOCK_WORDS = 8;
/** How many uses, as a multiple of the entries, are counted before all counters are halved. */
const SAMPLE_FACTOR = 10;

function nextPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(value, 8)));
}

/**
 * Estimates how often a hash was used lately: a count-min sketch of four rows of 4-bit counters that are halved at times.
 *
 * @see Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission Policy"
 */
export class FrequencySketch {
  #words = new Int32Array(0);
  #blockMask = 0;
  #sampleSize = 0;
  #additions = 0;

  /** Fits the sketch to a number of entries; growing forgets what was counted, so it is done in few and large steps. */
  ensureCapacity(entries: number): void {
    // Two words of eight counters for each entry, as in Caffeine: 16 counters an entry over four rows.
    const words = 2 * nextPowerOfTwo(entries);
    if (words <= this.#words.length) return;
    this.#words = new Int32Array(words);
    this.#blockMask = words / BLOCK_WORDS - 1;
    this.#sampleSize = SAMPLE_FACTOR * (words / 2);
    this.#additions = 0;
  }

  /** How often the hash was used lately, 0 to 15; never too low, sometimes too high. */
  frequency(hash: number): number {
    const mixed = mix(hash);
    const block = (mixed & this.#blockMask) * BLOCK_WORDS;
    const places = mix(mixed);
    let lowest = COUNTER_LIMIT;
    for (let row = 0; row < ROWS; row++) {
      const place = places >>> (row * 8);
      const word = this.#words[block + row * 2 + (place & 1)] as number;
      const count = (word >>> ((place & 0b1110) << 1)) & COUNTER_LIMIT;
      if (count < lowest) lowest = count;
    }
    return lowest;
  }

  /** Counts one use of the hash. */
  increment(hash: number): void {
    const words = this.#words;
    const mixed = mix(hash);
    const block = (mixed & this.#blockMask) * BLOCK_WORDS;
    const places = mix(mixed);
    let isAdded = false;
    for (let row = 0; row < ROWS; row++) {
      const place = places >>> (row * 8);
      const index = block + row * 2 + (place & 1);
      const shift = (place & 0b1110) << 1;
      const word = words[index] as number;
      if (((word >>> shift) & COUNTER_LIMIT) === COUNTER_LIMIT) continue;
      words[index] = word + (1 << shift);
      isAdded = true;
    }
    if (isAdded && ++this.#additions >= this.#sampleSize) this.#halve();
  }

  /** Forgets all counts. */
  clear(): void {
    this.#words.fill(0);
    this.#additions = 0;
  }

  #halve(): void {
    const words = this.#words;
    for (let index = 0; index < words.length; index++) words[index] = ((words[index] as number) >>> 1) & 0x77777777;
    this.#additions >>>= 1;
  }
}

/** Spreads what differs in a few bits over all of them. @see MurmurHash3's finalizer, Austin Appleby (public domain) */
function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}
