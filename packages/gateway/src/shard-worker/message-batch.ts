import type { DispatchHeader } from "@antiphon/protocol/discord";
import type { BatchItem } from "./worker-message.ts";

/** Gathers messages, so that many cross to the other thread at once. */
export interface MessageBatch {
  /** Copies a message, which is only valid during the call. */
  add(message: Uint8Array): void;
  /** Notes an event that nobody wants. */
  skip(header: DispatchHeader): void;
  /** Bytes of the messages so far. */
  readonly sizeBytes: number;
  /** Gives what was gathered, and starts afresh. */
  take(): { readonly items: readonly BatchItem[]; readonly bytes: Uint8Array<ArrayBuffer> };
}

const FIRST_BYTES = 16 * 1024;

/** Builds a {@link MessageBatch}. */
export function createMessageBatch(): MessageBatch {
  let items: BatchItem[] = [];
  let bytes = new Uint8Array(0);
  let sizeBytes = 0;
  return {
    add(message) {
      const neededBytes = sizeBytes + message.byteLength;
      if (neededBytes > bytes.byteLength) {
        const larger = new Uint8Array(Math.max(FIRST_BYTES, neededBytes, bytes.byteLength * 2));
        larger.set(bytes.subarray(0, sizeBytes));
        bytes = larger;
      }
      bytes.set(message, sizeBytes);
      sizeBytes = neededBytes;
      items.push(message.byteLength);
    },
    skip: (header) => void items.push(header),
    get sizeBytes() {
      return sizeBytes;
    },
    take() {
      const taken = { items, bytes };
      items = [];
      bytes = new Uint8Array(0);
      sizeBytes = 0;
      return taken;
    },
  };
}
