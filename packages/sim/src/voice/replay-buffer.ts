/** What one message of the voice gateway looks like on the socket. */
export type WireMessage = string | Uint8Array;

/** Numbers a session's messages and keeps those that the client has not acknowledged, so that a resume can repeat them. */
export interface ReplayBuffer {
  /** Numbers a message, keeps it, and gives it back as it goes on the wire. */
  add(encode: (sequence: number) => WireMessage): WireMessage;
  /** Forgets everything up to a number that the client has seen. */
  acknowledge(sequence: number): void;
  /** The messages after a number (-1: all since the session began), or null when some of them are gone. */
  since(sequence: number): readonly WireMessage[] | null;
}

/** Sequence numbers are 16 bits wide, because that is what a binary frame has room for. */
const SEQUENCES = 0x1_0000;

/** Builds a {@link ReplayBuffer} of at most `limit` messages; the oldest give way, and a resume that needs them fails. */
export function createReplayBuffer(options: { readonly limit: number; readonly firstSequence: number }): ReplayBuffer {
  const { limit, firstSequence } = options;
  const kept: { readonly sequence: number; readonly message: WireMessage }[] = [];
  let next = firstSequence;
  let isComplete = true;

  const previous = (sequence: number) => (sequence + SEQUENCES - 1) % SEQUENCES;
  const oldest = () => kept[0]?.sequence ?? next;
  /** How many kept messages a client at this number has seen, or -1 when it is not one of theirs. */
  const seenCount = (sequence: number): number => {
    if (sequence === previous(oldest())) return 0;
    return kept.findIndex((entry) => entry.sequence === sequence) + 1 || -1;
  };

  return {
    add(encode) {
      const sequence = next;
      next = (next + 1) % SEQUENCES;
      const message = encode(sequence);
      kept.push({ sequence, message });
      if (kept.length > limit) {
        kept.shift();
        isComplete = false;
      }
      return message;
    },
    acknowledge(sequence) {
      const count = seenCount(sequence);
      if (count <= 0) return;
      kept.splice(0, count);
      isComplete = false;
    },
    since(sequence) {
      if (sequence === -1) return isComplete ? kept.map(({ message }) => message) : null;
      const count = seenCount(sequence);
      return count === -1 ? null : kept.slice(count).map(({ message }) => message);
    },
  };
}
