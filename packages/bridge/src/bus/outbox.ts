import { abortReason, createBackoff, systemRandom, type Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import { busClosed } from "./bus-failure.ts";

/** Options of {@link createOutbox}. */
export interface OutboxOptions<Item> {
  /** Hands items to the bus, all or none; rejects while the bus cannot take them. */
  readonly send: (items: readonly Item[]) => Promise<void>;
  /** The most items that are handed over at once. Defaults to 1. */
  readonly batchSize?: number;
  readonly sizeOf: (item: Item) => number;
  readonly limit: number;
  readonly limitBytes: number;
  readonly clock: Clock;
}

/** Items on their way to the bus, in order, held while it is away. */
export interface Outbox<Item> {
  /**
   * Resolves when the bus has the item.
   *
   * @throws BridgeError BRIDGE_OUTBOX_FULL when there is no room, BRIDGE_CLOSED when the outbox closed before the item left
   */
  add(item: Item, signal: AbortSignal | undefined): Promise<void>;
  readonly size: number;
  /** Waits up to `graceMs` for the items to leave, then rejects the rest; idempotent. */
  close(graceMs: number): Promise<void>;
}

interface Entry<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  waiting: boolean;
}

/** Builds an {@link Outbox}. One batch is under way at a time: that is what keeps the order over failures. */
export function createOutbox<Item>(options: OutboxOptions<Item>): Outbox<Item> {
  const { send, sizeOf, limit, limitBytes, clock, batchSize = 1 } = options;
  const entries: Entry<Item>[] = [];
  const ending = new AbortController();
  let bytes = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  const remove = (entry: Entry<Item>): boolean => {
    if (!entry.waiting) return false;
    entry.waiting = false;
    entries.splice(entries.indexOf(entry), 1);
    bytes -= sizeOf(entry.item);
    return true;
  };

  const sendBatch = async (batch: readonly Entry<Item>[]): Promise<void> => {
    for (
      let backoff = createBackoff({ baseMs: 50, maximumMs: 2_000, random: systemRandom });
      ;
      backoff = backoff.next()
    ) {
      const left = batch.filter((entry) => entry.waiting);
      if (left.length === 0) return;
      try {
        await send(left.map(({ item }) => item));
        return;
      } catch (error) {
        // A refusal for good belongs to the publisher; everything else is an outage, which waiting mends.
        if (error instanceof BridgeError && !error.retryable) throw error;
        await clock.sleep(backoff.delayMs, { signal: ending.signal });
      }
    }
  };

  const run = async (): Promise<void> => {
    while (entries.length > 0) {
      const batch = entries.slice(0, batchSize);
      try {
        await sendBatch(batch);
        for (const entry of batch) entry.resolve();
      } catch (error) {
        for (const entry of batch) entry.reject(ending.signal.aborted ? busClosed() : error);
      }
      for (const entry of batch) remove(entry);
    }
    running = undefined;
  };

  return {
    add(item, signal) {
      if (closed) return Promise.reject(busClosed());
      if (signal?.aborted === true) return Promise.reject(abortReason(signal));
      if (entries.length >= limit || bytes + sizeOf(item) > limitBytes) {
        const what = `${entries.length} messages and ${bytes} bytes wait for the bus`;
        return Promise.reject(
          new BridgeError("BRIDGE_OUTBOX_FULL", `The outbox is full: ${what}.`, { retryable: true }),
        );
      }
      return new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          if (remove(entry)) reject(abortReason(signal as AbortSignal));
        };
        const settled = () => signal?.removeEventListener("abort", onAbort);
        const entry: Entry<Item> = {
          item,
          resolve: () => (settled(), resolve()),
          reject: (reason) => (settled(), reject(reason)),
          waiting: true,
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        entries.push(entry);
        bytes += sizeOf(item);
        running ??= run();
      });
    },
    get size() {
      return entries.length;
    },
    async close(graceMs) {
      closed = true;
      if (running === undefined) return;
      using _timer = clock.setTimer(graceMs, () => ending.abort());
      await running;
    },
  };
}
