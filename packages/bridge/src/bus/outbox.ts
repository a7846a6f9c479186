import { abortReason, createBackoff, systemRandom, toDisposable, type Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import { busClosed, outboxFull } from "./bus-failure.ts";

/** What happens to a message that finds the outbox full: it waits for room, the oldest gives way, or it is refused itself. */
export type OutboxOverflow = "block" | "dropOldest" | "dropNew";

/** Options of {@link createOutbox}. */
export interface OutboxOptions<Item> {
  /**
   * Hands items to the bus; rejects while the bus cannot take them, and then gets those again. Resolves with the items that the bus
   * refused for good and why, if there are any.
   */
  readonly send: (items: readonly Item[]) => Promise<ReadonlyMap<Item, unknown> | void>;
  /** The most items that are handed over at once. Defaults to 1. */
  readonly batchSize?: number;
  readonly sizeOf: (item: Item) => number;
  readonly limit: number;
  readonly limitBytes: number;
  /** Defaults to `dropNew`. */
  readonly overflow?: OutboxOverflow | undefined;
  readonly clock: Clock;
}

/** Items on their way to the bus, in order, held while it is away. */
export interface Outbox<Item> {
  /**
   * Resolves when the bus has the item.
   *
   * @throws BridgeError BRIDGE_OUTBOX_FULL when it gave way, BRIDGE_CLOSED when the outbox closed before the item left
   */
  add(item: Item, signal: AbortSignal | undefined): Promise<void>;
  readonly size: number;
  /** How many items gave way. */
  readonly dropped: number;
  /** Waits up to `graceMs` for the items to leave, then rejects the rest; idempotent. */
  close(graceMs: number): Promise<void>;
}

interface Entry<Item> {
  readonly item: Item;
  readonly sizeBytes: number;
  resolve(): void;
  reject(reason: unknown): void;
  state: "waiting" | "underWay" | "gone";
}

/** Builds an {@link Outbox}. One batch is under way at a time: that is what keeps the order over failures. */
export function createOutbox<Item>(options: OutboxOptions<Item>): Outbox<Item> {
  const { send, sizeOf, limit, limitBytes, clock, batchSize = 1, overflow = "dropNew" } = options;
  const entries: Entry<Item>[] = [];
  const blocked: { readonly bytes: number; enter(): void; refuse(): void }[] = [];
  const ending = new AbortController();
  let head = 0;
  let size = 0;
  let bytes = 0;
  let dropped = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  const hasRoom = (itemBytes: number) => size < limit && bytes + itemBytes <= limitBytes;

  const remove = (entry: Entry<Item>): boolean => {
    if (entry.state === "gone") return false;
    entry.state = "gone";
    size--;
    bytes -= entry.sizeBytes;
    if (blocked.length > 0) letIn();
    return true;
  };

  const letIn = (): void => {
    for (let next = blocked[0]; next !== undefined && hasRoom(next.bytes); next = blocked[0]) {
      blocked.shift();
      next.enter();
    }
  };

  const dropOne = (entry: Entry<Item>): void => {
    remove(entry);
    dropped++;
    entry.reject(outboxFull("a newer message took the place of this one"));
  };

  /** Makes room by the oldest that are not under way; what is under way may have arrived. */
  const dropOldest = (itemBytes: number): void => {
    for (let index = head; index < entries.length && !hasRoom(itemBytes); index++) {
      const entry = entries[index] as Entry<Item>;
      if (entry.state === "waiting") dropOne(entry);
    }
  };

  const sendBatch = async (batch: readonly Entry<Item>[]): Promise<ReadonlyMap<Item, unknown> | void> => {
    for (
      let backoff = createBackoff({ baseMs: 50, maximumMs: 250, random: systemRandom });
      ;
      backoff = backoff.next()
    ) {
      const left: Item[] = [];
      for (const { item, state } of batch) if (state !== "gone") left.push(item);
      if (left.length === 0) return;
      try {
        return await send(left);
      } catch (error) {
        // A refusal for good belongs to the publisher; everything else is an outage, which waiting mends.
        if (error instanceof BridgeError && !error.retryable) return new Map(left.map((item) => [item, error]));
        await clock.sleep(backoff.delayMs, { signal: ending.signal });
      }
    }
  };

  const takeBatch = (): readonly Entry<Item>[] => {
    const batch: Entry<Item>[] = [];
    for (; head < entries.length && batch.length < batchSize; head++) {
      const entry = entries[head] as Entry<Item>;
      if (entry.state === "gone") continue;
      entry.state = "underWay";
      batch.push(entry);
    }
    // The array is cut now and then, not at each batch: moving thousands of entries for one is what makes a backlog slow.
    if (head === entries.length || head > 4_096) {
      entries.splice(0, head);
      head = 0;
    }
    return batch;
  };

  const run = async (): Promise<void> => {
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) {
      try {
        const refused = await sendBatch(batch);
        for (const entry of batch) {
          remove(entry);
          if (refused?.has(entry.item) === true) entry.reject(refused.get(entry.item));
          else entry.resolve();
        }
      } catch (error) {
        for (const entry of batch) {
          remove(entry);
          entry.reject(ending.signal.aborted ? busClosed() : error);
        }
      }
    }
    running = undefined;
  };

  const enter = (item: Item, sizeBytes: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      const entry: Entry<Item> = { item, sizeBytes, resolve, reject, state: "waiting" };
      if (signal !== undefined) {
        const onAbort = () => {
          if (remove(entry)) reject(abortReason(signal));
        };
        signal.addEventListener("abort", onAbort, { once: true });
        entry.resolve = () => (signal.removeEventListener("abort", onAbort), resolve());
        entry.reject = (reason) => (signal.removeEventListener("abort", onAbort), reject(reason));
      }
      entries.push(entry);
      size++;
      bytes += sizeBytes;
      running ??= run();
    });

  const enterLater = async (item: Item, signal: AbortSignal | undefined): Promise<void> => {
    const room = Promise.withResolvers<Promise<void>>();
    const itemBytes = sizeOf(item);
    const waiter = {
      bytes: itemBytes,
      // It enters at once, not when its promise has been seen: the next caller must not pass it.
      enter: () => room.resolve(enter(item, itemBytes, signal)),
      refuse: () => room.reject(busClosed()),
    };
    blocked.push(waiter);
    const onAbort = () => {
      const index = blocked.indexOf(waiter);
      if (index >= 0) blocked.splice(index, 1);
      room.reject(abortReason(signal as AbortSignal));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    using _ = toDisposable(() => signal?.removeEventListener("abort", onAbort));
    await room.promise;
  };

  return {
    add(item, signal) {
      if (closed) return Promise.reject(busClosed());
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      const itemBytes = sizeOf(item);
      if (blocked.length === 0 && hasRoom(itemBytes)) return enter(item, itemBytes, signal);
      if (overflow === "block" && itemBytes <= limitBytes) return enterLater(item, signal);
      if (overflow === "dropOldest") {
        dropOldest(itemBytes);
        if (hasRoom(itemBytes)) return enter(item, itemBytes, signal);
      }
      dropped++;
      return Promise.reject(outboxFull(`${size} messages and ${bytes} bytes wait for the bus`));
    },
    get size() {
      return size + blocked.length;
    },
    get dropped() {
      return dropped;
    },
    async close(graceMs) {
      closed = true;
      if (running === undefined) return;
      using _timer = clock.setTimer(graceMs, () => {
        ending.abort();
        for (const waiter of blocked.splice(0)) waiter.refuse();
      });
      await running;
    },
  };
}
