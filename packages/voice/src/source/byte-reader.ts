/** Where bytes come from: a file, a response, an array. Read in order, or, where `seek` exists, from anywhere. */
export interface ByteSource {
  /** How it is named in errors: a path, an address without its query, or `the given bytes`. */
  readonly name: string;
  /** The whole size in bytes, or null when it is not known beforehand. */
  readonly sizeBytes: number | null;
  /** The next piece, at most 64 KiB where the source has a choice; null at the end. */
  read(): Promise<Uint8Array | null>;
  /** Continues reading from this offset; absent where that is impossible. */
  seek?(offsetBytes: number): void;
  /** Frees what is held; idempotent. */
  close(): Promise<void>;
}

/** Looks ahead in a {@link ByteSource} while it holds no more of it than was looked at. */
export interface ByteReader {
  /** The source's name, for errors. */
  readonly name: string;
  /** The whole size in bytes, or null when it is not known beforehand. */
  readonly sizeBytes: number | null;
  /** How many bytes lie before the next one. */
  readonly offsetBytes: number;
  /** Whether `seek` may be called. */
  readonly canSeek: boolean;
  /** The next `length` bytes without consuming them; fewer only at the end. Valid until the next call. */
  peek(length: number): Promise<Uint8Array>;
  /** Consumes and copies the next `length` bytes; fewer only at the end. */
  take(length: number): Promise<Uint8Array>;
  /** Consumes `length` bytes, or as many as there are, without keeping them. */
  skip(length: number): Promise<void>;
  /** Continues from an absolute offset. */
  seek(offsetBytes: number): void;
  /** Closes the source. */
  close(): Promise<void>;
}

const EMPTY = new Uint8Array(0);

/** Builds a {@link ByteReader}. */
export function createByteReader(source: ByteSource): ByteReader {
  let held: Uint8Array = EMPTY;
  let offsetBytes = 0;
  let ended = false;

  const fill = async (length: number): Promise<void> => {
    if (held.length >= length || ended) return;
    const pieces = [held];
    let total = held.length;
    while (total < length) {
      const piece = await source.read();
      if (piece === null) {
        ended = true;
        break;
      }
      pieces.push(piece);
      total += piece.length;
    }
    held = pieces.length === 1 ? held : Buffer.concat(pieces, total);
  };
  const consume = (length: number) => {
    held = held.subarray(length);
    offsetBytes += length;
  };
  const seek = (toBytes: number) => {
    if (source.seek === undefined) throw new TypeError(`${source.name} can only be read in order`);
    source.seek(toBytes);
    held = EMPTY;
    offsetBytes = toBytes;
    ended = false;
  };

  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    canSeek: source.seek !== undefined,
    get offsetBytes() {
      return offsetBytes;
    },
    async peek(length) {
      await fill(length);
      return held.subarray(0, length);
    },
    async take(length) {
      await fill(length);
      // Not `slice`: on a Buffer that gives a view, which would keep the whole piece alive.
      const taken = new Uint8Array(held.subarray(0, length));
      consume(taken.length);
      return taken;
    },
    async skip(length) {
      if (length > held.length && source.seek !== undefined) {
        seek(Math.min(offsetBytes + length, source.sizeBytes ?? Number.MAX_SAFE_INTEGER));
        return;
      }
      let left = length;
      while (left > 0) {
        await fill(1);
        if (held.length === 0) return;
        const step = Math.min(left, held.length);
        consume(step);
        left -= step;
      }
    },
    seek,
    close: () => source.close(),
  };
}
