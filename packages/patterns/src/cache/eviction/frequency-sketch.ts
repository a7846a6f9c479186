const COUNTER_LIMIT = 15;
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
  #wordMask = 0;
  #sampleSize = 0;
  #additions = 0;

  /** Fits the sketch to a number of entries; growing forgets what was counted, so it is done in few and large steps. */
  ensureCapacity(entries: number): void {
    // Two words of eight counters for each entry, as in Caffeine: 16 counters an entry over four rows.
    const words = 2 * nextPowerOfTwo(entries);
    if (words <= this.#words.length) return;
    this.#words = new Int32Array(words);
    this.#wordMask = words - 1;
    this.#sampleSize = SAMPLE_FACTOR * (words / 2);
    this.#additions = 0;
  }

  /** How often the hash was used lately, 0 to 15; never too low, sometimes too high. */
  frequency(hash: number): number {
    let lowest = COUNTER_LIMIT;
    for (let row = 0; row < 4; row++) {
      const mixed = mix(hash, row);
      const word = this.#words[mixed & this.#wordMask] as number;
      const count = (word >>> shiftOf(mixed, row)) & COUNTER_LIMIT;
      if (count < lowest) lowest = count;
    }
    return lowest;
  }

  /** Counts one use of the hash. */
  increment(hash: number): void {
    const words = this.#words;
    let isAdded = false;
    for (let row = 0; row < 4; row++) {
      const mixed = mix(hash, row);
      const index = mixed & this.#wordMask;
      const shift = shiftOf(mixed, row);
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

/** An independent hash for each row. @see MurmurHash3's finalizer, Austin Appleby (public domain) */
function mix(hash: number, row: number): number {
  const mixed = Math.imul(hash ^ Math.imul(row + 1, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** Each row has two of the word's eight counters, so that rows never share one. */
function shiftOf(mixed: number, row: number): number {
  return (row * 2 + ((mixed >>> 27) & 1)) * 4;
}
