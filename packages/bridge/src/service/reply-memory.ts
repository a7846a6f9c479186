import { createHash } from "node:crypto";
import { isAntiphonError, type Clock } from "@antiphon/std";
import { z } from "zod";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { refusal, replySchema, type Reply } from "./reply.ts";

/** Runs the work of one idempotency key once, and remembers its answer. */
export interface ReplyMemory {
  answer(key: string, leaseMs: number, work: () => Promise<Reply>): Promise<Reply>;
}

const BUSY = refusal("REQUEST_IN_PROGRESS", "The same request is in work; ask again later.", true);

interface Remembered {
  readonly reply: Promise<Reply>;
  readonly atMs: number;
  /** Of the answer as it travels; 0 while the work goes on. */
  sizeBytes: number;
}

/** Remembers within this process: the last so many keys and bytes, for so long. */
export function createLocalReplyMemory(options: {
  readonly clock: Clock;
  readonly limit: number;
  readonly limitBytes: number;
  readonly maximumAgeMs: number;
}): ReplyMemory {
  const { clock, limit, limitBytes, maximumAgeMs } = options;
  const known = new Map<string, Remembered>();
  let bytes = 0;
  const forget = (key: string): void => {
    bytes -= known.get(key)?.sizeBytes ?? 0;
    known.delete(key);
  };
  const makeRoom = (): void => {
    for (const oldest of known.keys()) {
      if (known.size <= limit && bytes <= limitBytes) return;
      forget(oldest);
    }
  };
  /** Takes down how large an answer is; one that may be another the next time is not remembered. */
  const note = (key: string, entry: Remembered, given: Reply | undefined): void => {
    if (known.get(key) !== entry) return;
    if (given === undefined || (!given.ok && given.error.retryable)) return forget(key);
    entry.sizeBytes = encodeJson(given).byteLength;
    bytes += entry.sizeBytes;
    makeRoom();
  };
  return {
    answer(name, _leaseMs, work) {
      const key = digest(name);
      const found = known.get(key);
      if (found !== undefined && clock.monotonicMs() - found.atMs < maximumAgeMs) return found.reply;
      forget(key);
      const entry = { reply: work(), atMs: clock.monotonicMs(), sizeBytes: 0 };
      known.set(key, entry);
      makeRoom();
      return entry.reply.then(
        (given) => (note(key, entry, given), given),
        (error: unknown) => {
          note(key, entry, undefined);
          throw error;
        },
      );
    },
  };
}

/** Whoever asks chooses how long a key is. */
function digest(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

const recordSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("working"), untilMs: z.number() }),
  z.object({ state: z.literal("done"), reply: replySchema }),
]);
type Record = z.infer<typeof recordSchema>;

/**
 * Remembers in a bucket, for all instances of a service. Who begins the work says until when; only after that may another take it
 * over, because then the first has died or its asker has long gone.
 */
export function createSharedReplyMemory(store: KeyValueStore, clock: Clock): ReplyMemory {
  const read = async (key: string): Promise<{ readonly record: Record | undefined; readonly revision: number }> => {
    const entry = await store.get(key);
    if (entry === undefined) return { record: undefined, revision: 0 };
    return { record: recordSchema.safeParse(decodeJson(entry.value)).data, revision: entry.revision };
  };
  return {
    async answer(name, leaseMs, work) {
      const key = digest(name);
      const { record, revision } = await read(key);
      if (record?.state === "done") return record.reply;
      if (record?.state === "working" && record.untilMs > clock.now()) return BUSY;
      let mine: number;
      try {
        const claim: Record = { state: "working", untilMs: clock.now() + leaseMs };
        mine = await store.putIf(key, encodeJson(claim), revision);
      } catch (error) {
        if (isAntiphonError(error, "BRIDGE_REVISION_CONFLICT")) return BUSY;
        throw error;
      }
      const reply = await work();
      const noted =
        !reply.ok && reply.error.retryable
          ? store.delete(key)
          : store.putIf(key, encodeJson({ state: "done", reply }), mine);
      // The work is done, and its asker shall hear so, also when somebody took it over meanwhile or the bus does not take the note.
      await noted.catch(() => {});
      return reply;
    },
  };
}
