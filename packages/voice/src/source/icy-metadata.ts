import { isUtf8 } from "node:buffer";

/** Takes the titles out of a radio station's stream. */
export interface IcyFilter {
  /** The audio in a piece of the stream; it may be empty. */
  audioOf(piece: Uint8Array): Uint8Array;
}

/** A block of titles says its length in this unit. */
const LENGTH_UNIT_BYTES = 16;
/** Its end is told by what follows: a title may have quotes and semicolons itself. */
const TITLE = /StreamTitle='(.*?)';(?=Stream|\0|$)/s;

function titleOf(block: Buffer): string | undefined {
  // Nothing says which encoding it is; stations of today use UTF-8, older ones Latin-1.
  const text = block.toString(isUtf8(block) ? "utf8" : "latin1");
  return TITLE.exec(text)?.[1]?.trim() || undefined;
}

/**
 * Builds an {@link IcyFilter}: after every `intervalBytes` of audio come one byte with a length, mostly 0, and a block of that length.
 * Calls back with each title that is another than the one before.
 *
 * @see "SHOUTcast Metadata Protocol" (Smackfu, 2001), which Icecast follows
 */
export function createIcyFilter(intervalBytes: number, onTitle: (title: string) => void): IcyFilter {
  let audioLeft = intervalBytes;
  let block: Buffer | undefined;
  let blockFilled = 0;
  let title: string | undefined;

  const endBlock = (ended: Buffer) => {
    const next = titleOf(ended);
    block = undefined;
    audioLeft = intervalBytes;
    if (next === undefined || next === title) return;
    title = next;
    onTitle(next);
  };
  const takeMetadata = (piece: Uint8Array): Uint8Array => {
    if (block === undefined) {
      block = Buffer.alloc((piece[0] as number) * LENGTH_UNIT_BYTES);
      blockFilled = 0;
      if (block.length === 0) endBlock(block);
      return piece.subarray(1);
    }
    const part = piece.subarray(0, block.length - blockFilled);
    block.set(part, blockFilled);
    blockFilled += part.length;
    if (blockFilled === block.length) endBlock(block);
    return piece.subarray(part.length);
  };
  return {
    audioOf(piece) {
      const parts: Uint8Array[] = [];
      let rest = piece;
      while (rest.length > 0) {
        if (audioLeft === 0) {
          rest = takeMetadata(rest);
          continue;
        }
        const part = rest.subarray(0, audioLeft);
        parts.push(part);
        audioLeft -= part.length;
        rest = rest.subarray(part.length);
      }
      return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    },
  };
}
