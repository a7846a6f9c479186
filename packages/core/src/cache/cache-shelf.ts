import { estimateBytes } from "./estimate-bytes.ts";

/** The entries of one group: the members of a guild, the messages of a channel. */
export interface CacheShelf<Value> {
  get(id: string): Value | undefined;
  /** Inserts or replaces. */
  set(id: string, value: Value): void;
  delete(id: string): boolean;
  /** Notes that an entry was used, so that others give way before it. */
  touch(id: string): void;
  /** Gives up an entry that was not used for long; its id, or undefined when there is none. */
  evict(): string | undefined;
  /** Every entry, older ones first. */
  entries(): IterableIterator<[string, Value]>;
  readonly size: number;
  /** About how much memory the entries take. */
  readonly sizeBytes: number;
}

/** A hash table's share of an entry. */
const SLOT_BYTES = 40;

/** Keeps entries as the objects that they are: quick to read; evicts what was used longest ago. */
export class ObjectShelf<Value> implements CacheShelf<Value> {
  readonly #entries = new Map<string, Value>();
  #sizeBytes = 0;

  get(id: string): Value | undefined {
    return this.#entries.get(id);
  }

  set(id: string, value: Value): void {
    const known = this.#entries.get(id);
    if (known !== undefined) this.#sizeBytes -= SLOT_BYTES + estimateBytes(known);
    this.#entries.set(id, value);
    this.#sizeBytes += SLOT_BYTES + estimateBytes(value);
  }

  delete(id: string): boolean {
    const known = this.#entries.get(id);
    if (known === undefined) return false;
    this.#sizeBytes -= SLOT_BYTES + estimateBytes(known);
    return this.#entries.delete(id);
  }

  touch(id: string): void {
    const value = this.#entries.get(id);
    if (value === undefined) return;
    this.#entries.delete(id);
    this.#entries.set(id, value);
  }

  evict(): string | undefined {
    const oldest = this.#entries.keys().next();
    if (oldest.done === true) return undefined;
    this.delete(oldest.value);
    return oldest.value;
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#entries.entries();
  }

  get size(): number {
    return this.#entries.size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }
}
