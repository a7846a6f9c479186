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
  /**
   * Whether those of a batch may share a promise, unless one has a signal or may give way: for small messages a promise each costs half
   * as much as sending them. One that is refused is told to all who share then. Defaults to false.
   */
  readonly mayShare?: boolean;
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
  /** Its own promise; undefined for one that shares its batch's. */
  readonly own: PromiseWithResolvers<void> | undefined;
  /** It was taken back, gave way, or left. */
  isGone: boolean;
}

/** Items that travel together. */
interface Batch<Item> {
  entries: Entry<Item>[];
  /** How many of them are gone; never more than half, so that nobody's signals can fill the memory. */
  gone: number;
  shared: PromiseWithResolvers<void> | undefined;
}

/** Builds an {@link Outbox}. One batch is under way at a time: that is what keeps the order over failures. */
export function createOutbox<Item>(options: OutboxOptions<Item>): Outbox<Item> {
  const { send, sizeOf, limit, limitBytes, clock, mayShare = false, batchSize = 1, overflow = "dropNew" } = options;
  const canShare = mayShare && overflow !== "dropOldest";
  /** What is not under way yet, the oldest first. */
  const waiting = new Set<Batch<Item>>();
  /** The newest of them, which takes more. */
  let filling: Batch<Item> | undefined;
  const blocked: { readonly bytes: number; enter(): void; refuse(): void }[] = [];
  const ending = new AbortController();
  let size = 0;
  let bytes = 0;
  let dropped = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  const hasRoom = (itemBytes: number) => size < limit && bytes + itemBytes <= limitBytes;

  const letIn = (): void => {
    for (let next = blocked[0]; next !== undefined && hasRoom(next.bytes); next = blocked[0]) {
      blocked.shift();
      next.enter();
    }
  };

  const remove = (entry: Entry<Item>, batch: Batch<Item>): boolean => {
    if (entry.isGone) return false;
    entry.isGone = true;
    if (++batch.gone > batch.entries.length / 2) {
      batch.entries = batch.entries.filter(({ isGone }) => !isGone);
      batch.gone = 0;
    }
    if (batch.entries.length === 0 && batch !== filling) waiting.delete(batch);
    size--;
    bytes -= entry.sizeBytes;
    letIn();
    return true;
  };

  /** Makes room by the oldest that are not under way; what is under way may have arrived. */
  const dropOldest = (itemBytes: number): void => {
    for (const batch of waiting) {
      for (const entry of batch.entries) {
        if (hasRoom(itemBytes)) return;
        if (!remove(entry, batch)) continue;
        dropped++;
        entry.own?.reject(outboxFull("a newer message took the place of this one"));
      }
    }
  };

  const sendBatch = async (batch: Batch<Item>): Promise<ReadonlyMap<Item, unknown> | void> => {
    for (
      let backoff = createBackoff({ baseMs: 50, maximumMs: 250, random: systemRandom });
      ;
      backoff = backoff.next()
    ) {
      const left: Item[] = [];
      for (const { item, isGone } of batch.entries) if (!isGone) left.push(item);
      if (left.length === 0) return;
      try {
        return await send(left);
      } catch (error) {
        // A refusal for good belongs to the publisher; everything else is an outage, which waiting mends.
        if (error instanceof BridgeError && !error.retryable) throw error;
        await clock.sleep(backoff.delayMs, { signal: ending.signal });
      }
    }
  };

  /** Lets what a batch still has go, one way or the other. */
  const settle = (
    batch: Batch<Item>,
    settleOne: (own: PromiseWithResolvers<void> | undefined, item: Item) => void,
  ): void => {
    for (const entry of batch.entries) {
      if (entry.isGone) continue;
      entry.isGone = true;
      size--;
      bytes -= entry.sizeBytes;
      settleOne(entry.own, entry.item);
    }
  };

  const run = async (): Promise<void> => {
    for (let [batch] = waiting; batch !== undefined; [batch] = waiting) {
      waiting.delete(batch);
      if (batch === filling) filling = undefined;
      try {
        const refused = await sendBatch(batch);
        settle(batch, (own, item) => {
          if (refused?.has(item) === true) (own ?? batch.shared)?.reject(refused.get(item));
          else own?.resolve();
        });
        batch.shared?.resolve();
      } catch (error) {
        const reason = ending.signal.aborted ? busClosed() : error;
        settle(batch, (own) => own?.reject(reason));
        batch.shared?.reject(reason);
      }
      letIn();
    }
    running = undefined;
  };

  const enter = (item: Item, sizeBytes: number, signal: AbortSignal | undefined): Promise<void> => {
    if (filling === undefined || filling.entries.length >= batchSize) {
      filling = { entries: [], gone: 0, shared: undefined };
      waiting.add(filling);
    }
    const batch = filling;
    const own = canShare && signal === undefined ? undefined : Promise.withResolvers<void>();
    const { promise } = own ?? (batch.shared ??= Promise.withResolvers<void>());
    const entry = { item, sizeBytes, own, isGone: false };
    batch.entries.push(entry);
    size++;
    bytes += sizeBytes;
    if (signal !== undefined) {
      const onAbort = () => {
        if (remove(entry, batch)) own?.reject(abortReason(signal));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const forget = () => signal.removeEventListener("abort", onAbort);
      promise.then(forget, forget);
    }
    running ??= run();
    return promise;
  };

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
