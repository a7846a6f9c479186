import { ByteReader, ByteWriter, hasHalves, putHalves } from "./byte-writer.ts";
import type { CacheShelf } from "./cache-shelf.ts";
import { halves, joinSnowflake, SNOWFLAKE_BYTES, splitSnowflake } from "./packed-snowflake.ts";

/** Turns the entries of a kind into bytes and back. */
export interface PackedFormat<Value> {
  write(writer: ByteWriter, value: Value): void;
  /** Reads the entry with this id. */
  read(reader: ByteReader, id: string): Value;
}

/** Each entry: its size in bytes as a whole, its mark, its id, then what the format wrote. */
const SIZE_BYTES = 3;
const MARK_AT = SIZE_BYTES;
const MAXIMUM_BYTES = 2 ** (8 * SIZE_BYTES) - 1;
const ID_AT = MARK_AT + 1;
const HEADER_BYTES = ID_AT + SNOWFLAKE_BYTES;
const Mark = { unused: 0, used: 1, dead: 2 } as const;

/** A log that is smaller than this is not worth the trouble of shrinking it. */
const SHRINKABLE_BYTES = 8_192;
const nothing = Buffer.alloc(0);
const MINIMUM_SLOTS = 8;
/** A full log grows by a quarter and some entries, so that little of it lies idle. */
const GROWTH = 1.25;
const GROWTH_ENTRIES = 3;
const [FULL_SHARE, FRESH_SHARE] = [0.8, 0.6];

const EMPTY = 0;
const GONE = 0xffff_ffff;

// Nothing is kept in them between two calls.
const writer = new ByteWriter();
const reader = new ByteReader();

/**
 * Keeps entries as bytes in a log outside of the JavaScript heap, with a hash table of their places: small, no work for the garbage
 * collector, but each read makes a new object. A changed entry moves to the end. What gives way is chosen as by the clock algorithm: the
 * oldest that was not used since the hand last came by.
 *
 * @see Corbató, "A Paging Experiment with the Multics System", 1968
 */
export class PackedShelf<Value> implements CacheShelf<Value> {
  readonly #format: PackedFormat<Value>;
  #log: Buffer = nothing;
  #end = 0;
  #liveBytes = 0;
  #hand = 0;
  #size = 0;
  /** Places of entries in the log, plus one. */
  #slots = new Uint32Array(MINIMUM_SLOTS);
  #usedSlots = 0;
  /** Ids that are no snowflakes; there should be none. */
  #odd: Map<string, Value> | undefined;

  constructor(format: PackedFormat<Value>) {
    this.#format = format;
  }

  get size(): number {
    return this.#size + (this.#odd?.size ?? 0);
  }

  get sizeBytes(): number {
    return this.#liveBytes + this.#slots.byteLength;
  }

  get(id: string): Value | undefined {
    if (!splitSnowflake(id)) return this.#odd?.get(id);
    const slot = this.#find(halves.high, halves.low);
    return slot < 0 ? undefined : this.#read((this.#slots[slot] as number) - 1, id);
  }

  set(id: string, value: Value): void {
    if (!splitSnowflake(id)) return void (this.#odd ??= new Map()).set(id, value);
    const { high, low } = halves;
    writer.reset();
    this.#format.write(writer, value);
    if (HEADER_BYTES + writer.length > MAXIMUM_BYTES) throw new RangeError(`cache: entry ${id} is over 16 MiB`);
    const slot = this.#find(high, low);
    if (slot >= 0) {
      const at = (this.#slots[slot] as number) - 1;
      if (this.#holds(at)) return void (this.#log[at + MARK_AT] = Mark.used);
      this.#kill(at);
      this.#slots[slot] = GONE;
      this.#size--;
    }
    this.#insert(high, low, this.#append(high, low));
    this.#size++;
  }

  delete(id: string): boolean {
    if (!splitSnowflake(id)) return this.#odd?.delete(id) ?? false;
    const slot = this.#find(halves.high, halves.low);
    if (slot < 0) return false;
    this.#remove(slot);
    return true;
  }

  touch(id: string): void {
    if (!splitSnowflake(id)) return;
    const slot = this.#find(halves.high, halves.low);
    if (slot >= 0) this.#log[(this.#slots[slot] as number) - 1 + MARK_AT] = Mark.used;
  }

  evict(): string | undefined {
    const odd = this.#odd?.keys().next();
    if (odd?.done === false) {
      this.#odd?.delete(odd.value);
      return odd.value;
    }
    while (this.#size > 0) {
      if (this.#hand >= this.#end) this.#hand = 0;
      const at = this.#hand;
      this.#hand += this.#sizeOf(at);
      const mark = this.#log[at + MARK_AT];
      if (mark === Mark.used) this.#log[at + MARK_AT] = Mark.unused;
      else if (mark === Mark.unused) {
        const high = this.#log.readUIntBE(at + ID_AT, 5);
        const low = this.#log.readUInt32BE(at + ID_AT + 5);
        this.#remove(this.#find(high, low));
        return joinSnowflake(high, low);
      }
    }
    return undefined;
  }

  *entries(): IterableIterator<[string, Value]> {
    // Read before the first is given out: whoever reads may write in between.
    const found: [string, Value][] = [];
    for (let at = 0; at < this.#end; at += this.#sizeOf(at)) {
      if (this.#log[at + MARK_AT] === Mark.dead) continue;
      const id = this.#idAt(at);
      found.push([id, this.#read(at, id)]);
    }
    yield* found;
    if (this.#odd !== undefined) yield* this.#odd;
  }

  #sizeOf(at: number): number {
    const log = this.#log;
    return (log[at] as number) | ((log[at + 1] as number) << 8) | ((log[at + 2] as number) << 16);
  }

  #idAt(at: number): string {
    return joinSnowflake(this.#log.readUIntBE(at + ID_AT, 5), this.#log.readUInt32BE(at + ID_AT + 5));
  }

  #read(at: number, id: string): Value {
    reader.open(this.#log, at + HEADER_BYTES);
    return this.#format.read(reader, id);
  }

  /** Whether the entry at a place is what the writer has. */
  #holds(at: number): boolean {
    const from = at + HEADER_BYTES;
    return (
      this.#sizeOf(at) === HEADER_BYTES + writer.length &&
      writer.bytes.compare(this.#log, from, from + writer.length, 0, writer.length) === 0
    );
  }

  /** Drops the entry of a slot. */
  #remove(slot: number): void {
    this.#kill((this.#slots[slot] as number) - 1);
    this.#slots[slot] = GONE;
    this.#size--;
    if (this.#log.length > SHRINKABLE_BYTES && this.#liveBytes < this.#log.length / 4)
      this.#compact(this.#liveBytes * 2);
  }

  #kill(at: number): void {
    this.#log[at + MARK_AT] = Mark.dead;
    this.#liveBytes -= this.#sizeOf(at);
  }

  /** Writes what the writer has to the end of the log; gives its place. */
  #append(high: number, low: number): number {
    const sizeBytes = HEADER_BYTES + writer.length;
    if (this.#end + sizeBytes > this.#log.length) {
      const needed = this.#liveBytes + sizeBytes;
      // Dead entries make room as long as they are many; otherwise the log grows.
      const grown = Math.ceil(needed * GROWTH) + GROWTH_ENTRIES * sizeBytes;
      this.#compact(needed * GROWTH <= this.#log.length ? this.#log.length : grown);
    }
    const at = this.#end;
    this.#log[at] = sizeBytes;
    this.#log[at + 1] = sizeBytes >>> 8;
    this.#log[at + 2] = sizeBytes >>> 16;
    this.#log[at + MARK_AT] = Mark.unused;
    putHalves(this.#log, at + ID_AT, high, low);
    writer.bytes.copy(this.#log, at + HEADER_BYTES, 0, writer.length);
    this.#end = at + sizeBytes;
    this.#liveBytes += sizeBytes;
    return at;
  }

  /** Moves what is alive to a log of this capacity; within the log where that stays as long, which makes no garbage. */
  #compact(capacityBytes: number): void {
    const from = this.#log;
    const log = capacityBytes === from.length ? from : Buffer.allocUnsafeSlow(capacityBytes);
    let end = 0;
    let hand = -1;
    // What lies together is moved together; it never moves up, so what is still to be read stays as it is.
    let runAt = 0;
    const moveRun = (runEnd: number) => {
      if (runEnd > runAt && (log !== from || end !== runAt)) from.copy(log, end, runAt, runEnd);
      end += runEnd - runAt;
    };
    for (let at = 0; at < this.#end;) {
      const sizeBytes = this.#sizeOf(at);
      if (hand < 0 && at >= this.#hand) hand = end + at - runAt;
      at += sizeBytes;
      if (from[at - sizeBytes + MARK_AT] !== Mark.dead) continue;
      moveRun(at - sizeBytes);
      runAt = at;
    }
    moveRun(this.#end);
    this.#log = log;
    this.#end = end;
    this.#hand = Math.max(hand, 0);
    this.#index(this.#slots.length);
  }

  /** Builds the hash table anew. */
  #index(slotCount: number): void {
    if (slotCount === this.#slots.length) this.#slots.fill(EMPTY);
    else this.#slots = new Uint32Array(slotCount);
    this.#usedSlots = 0;
    for (let at = 0; at < this.#end; at += this.#sizeOf(at)) {
      if (this.#log[at + MARK_AT] === Mark.dead) continue;
      this.#place(this.#log.readUIntBE(at + ID_AT, 5), this.#log.readUInt32BE(at + ID_AT + 5), at);
    }
  }

  #insert(high: number, low: number, at: number): void {
    this.#place(high, low, at);
    if (this.#usedSlots > this.#slots.length * FULL_SHARE)
      this.#index(Math.max(MINIMUM_SLOTS, Math.ceil((this.#size + 1) / FRESH_SHARE)));
  }

  #place(high: number, low: number, at: number): void {
    let slot = this.#firstSlot(high, low);
    while (this.#slots[slot] !== EMPTY) slot = this.#nextSlot(slot);
    this.#slots[slot] = at + 1;
    this.#usedSlots++;
  }

  #find(high: number, low: number): number {
    for (let slot = this.#firstSlot(high, low); ; slot = this.#nextSlot(slot)) {
      const place = this.#slots[slot] as number;
      if (place === EMPTY) return -1;
      if (place === GONE) continue;
      if (hasHalves(this.#log, place - 1 + ID_AT, high, low)) return slot;
    }
  }

  #firstSlot(high: number, low: number): number {
    // Fibonacci hashing; the low half changes the most, and the upper bits are the best mixed.
    const hash = Math.imul(low ^ Math.imul(high | 0, 0x85eb_ca6b), 0x9e37_79b1) >>> 0;
    return Math.floor((hash / 2 ** 32) * this.#slots.length);
  }

  #nextSlot(slot: number): number {
    return slot + 1 < this.#slots.length ? slot + 1 : 0;
  }
}
