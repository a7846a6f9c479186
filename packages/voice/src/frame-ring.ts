/** What travels with a frame: four unsigned 32-bit numbers that writer and reader agree on. */
export type FrameTag = readonly [number, number, number, number];

/** The largest frame that fits in a slot, in bytes: the longest Opus packet (RFC 6716) and one to keep slots aligned. */
export const RING_FRAME_BYTES = 1_276;

const WRITTEN = 0;
const READ = 1;
const CLEARED = 2;
const SPACE = 3;
const HEADER_WORDS = 4;
const TAG_WORDS = 4;
const SLOT_WORDS = 1 + TAG_WORDS + RING_FRAME_BYTES / 4;
/** A waiting writer is woken once per this many reads, so that a reader rarely pays for a wake-up. */
const READS_PER_WAKE = 16;

/** The memory of a ring of `slots` frames, which threads share. */
export function createRingMemory(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * (HEADER_WORDS + slots * SLOT_WORDS));
}

interface Slot {
  /** The frame's length, then its tag. */
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
}

interface RingView {
  readonly header: Int32Array<SharedArrayBuffer>;
  readonly slots: number;
  slotAt(index: number): Slot;
}

function viewRing(memory: SharedArrayBuffer): RingView {
  const count = (memory.byteLength / 4 - HEADER_WORDS) / SLOT_WORDS;
  const slots = Array.from({ length: count }, (_, index): Slot => {
    const offset = 4 * (HEADER_WORDS + index * SLOT_WORDS);
    const words = new Uint32Array(memory, offset, 1 + TAG_WORDS);
    return { words, bytes: new Uint8Array(memory, offset + words.byteLength, RING_FRAME_BYTES) };
  });
  return {
    header: new Int32Array(memory, 0, HEADER_WORDS),
    slots: count,
    slotAt: (index) => slots[(index >>> 0) % count] as Slot,
  };
}

/** The one writer of a ring. */
export interface FrameRingWriter {
  /** Appends a copy of the frame; false when the ring is full. */
  push(frame: Uint8Array, tag: FrameTag): boolean;
  /** Drops everything that was written and not yet read: one store, seen at the reader's next look. */
  clear(): void;
  /** Marks frames that were written and not yet read as void, by their first tag number: their second becomes 1. */
  cancel(isVoid: (id: number) => boolean): void;
  /** Waits until the reader has taken frames, or `wake` was called; resolves at once when it has since `mark`. */
  waitForSpace(mark: number): Promise<void>;
  /** Whether everything that was written has been read. */
  readonly isEmpty: boolean;
  /** What to pass to {@link waitForSpace}; read it before the `push` that may fail. */
  readonly spaceMark: number;
  /** Ends waits for space. */
  wake(): void;
}

/** Builds the writer of a ring. The slot count must be a power of two, so that indexes may wrap at 2^32. */
export function createRingWriter(memory: SharedArrayBuffer): FrameRingWriter {
  const { header, slots, slotAt } = viewRing(memory);
  return {
    push(frame, tag) {
      const written = Atomics.load(header, WRITTEN);
      if (((written - Atomics.load(header, READ)) | 0) >= slots) return false;
      const { words, bytes } = slotAt(written);
      bytes.set(frame);
      words[0] = frame.length;
      words.set(tag, 1);
      Atomics.store(header, WRITTEN, (written + 1) | 0);
      return true;
    },
    clear() {
      Atomics.store(header, CLEARED, Atomics.load(header, WRITTEN));
    },
    cancel(isVoid) {
      const written = Atomics.load(header, WRITTEN);
      for (let at = Atomics.load(header, READ); at !== written; at = (at + 1) | 0) {
        const { words } = slotAt(at);
        if (isVoid(words[1] ?? 0)) words[2] = 1;
      }
    },
    async waitForSpace(mark) {
      await Atomics.waitAsync(header, SPACE, mark).value;
    },
    get isEmpty() {
      return Atomics.load(header, WRITTEN) === Atomics.load(header, READ);
    },
    get spaceMark() {
      return Atomics.load(header, SPACE);
    },
    wake() {
      Atomics.add(header, SPACE, 1);
      Atomics.notify(header, SPACE);
    },
  };
}

/** The one reader of a ring. */
export interface FrameRingReader {
  /** Copies the oldest frame into `target` and its tag into `tag`; gives its length in bytes, or -1 when there is none. */
  read(target: Uint8Array, tag: Uint32Array): number;
  /**
   * Lets go of frames that the writer cleared since the last call. True when the last frame that was read is one of those; false when
   * nothing was cleared, or the reader was faster and has already read what was written after it.
   */
  applyClear(): boolean;
  /** How many frames wait. */
  readonly size: number;
}

/** Builds the reader of a ring. */
export function createRingReader(memory: SharedArrayBuffer): FrameRingReader {
  const { header, slots, slotAt } = viewRing(memory);
  const readsPerWake = Math.min(READS_PER_WAKE, slots);
  let cleared = Atomics.load(header, CLEARED);
  const advance = (to: number) => {
    Atomics.store(header, READ, to);
    if (to % readsPerWake !== 0) return;
    Atomics.add(header, SPACE, 1);
    Atomics.notify(header, SPACE);
  };
  return {
    read(target, tag) {
      const at = Atomics.load(header, READ);
      if (at === Atomics.load(header, WRITTEN)) return -1;
      const { words, bytes } = slotAt(at);
      const length = words[0] ?? 0;
      target.set(bytes.subarray(0, length));
      for (let word = 0; word < TAG_WORDS; word++) tag[word] = words[1 + word] ?? 0;
      advance((at + 1) | 0);
      return length;
    },
    applyClear() {
      const to = Atomics.load(header, CLEARED);
      if (to === cleared) return false;
      cleared = to;
      const ahead = (to - Atomics.load(header, READ)) | 0;
      if (ahead > 0) Atomics.store(header, READ, to);
      Atomics.add(header, SPACE, 1);
      Atomics.notify(header, SPACE);
      return ahead >= 0;
    },
    get size() {
      return (Atomics.load(header, WRITTEN) - Atomics.load(header, READ)) | 0;
    },
  };
}
