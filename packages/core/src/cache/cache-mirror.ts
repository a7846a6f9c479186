import { describeError, type Clock, type Logger, type Timer } from "@antiphon/std";
import { CoreError } from "../core-error.ts";
import type { CacheAdapter, CacheChange } from "./cache-adapter.ts";
import type { CacheKind } from "./cached-values.ts";

/** What the copy of the cache in a store has done so far. */
export interface CacheMirrorStats {
  /** Changes that wait to be written. */
  readonly pending: number;
  /** Changes that were written. */
  readonly written: number;
  /** Changes that were lost, because the store failed or was too slow. */
  readonly dropped: number;
  /** Calls of the store that failed. */
  readonly failures: number;
}

/** Keeps a store up to date behind the cache's back, and reads from it. */
export interface CacheMirror {
  /** Notes a change; it is written later, and only the last of an entry. */
  push(change: CacheChange): void;
  /** Reads entries; undefined for what is not there, and for all when the store fails. */
  read(kind: CacheKind, keys: readonly string[]): Promise<readonly unknown[]>;
  /** Reads a group; empty when the store fails. */
  readGroup(kind: CacheKind, group: string): Promise<readonly unknown[]>;
  stats(): CacheMirrorStats;
  /** Writes what waits and closes the store; never rejects. */
  close(): Promise<void>;
}

/** Options of {@link createCacheMirror}. */
export interface CacheMirrorOptions {
  readonly adapter: CacheAdapter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each failure of the store, as a CoreError CORE_CACHE_STORE_FAILED. */
  readonly onError: (error: CoreError) => void;
}

/** Long enough to write many changes at once, short enough for other processes to see them soon. */
const DELAY_MS = 50;
/** A store that is not there may leave a call without any answer, as a client that connects again and again does. */
const ANSWER_MS = 5_000;
const BATCH = 1_000;
const LIMIT = 50_000;

const identityOf = (change: CacheChange) =>
  change.type === "removeGroup" ? `${change.kind} in ${change.group}` : `${change.kind} ${change.key}`;

/** Builds a {@link CacheMirror}. */
export function createCacheMirror({ adapter, clock, logger, onError }: CacheMirrorOptions): CacheMirror {
  const pending = new Map<string, CacheChange>();
  const counts = { written: 0, dropped: 0, failures: 0 };
  let timer: Timer | undefined;
  let writing: Promise<void> | undefined;
  let isClosed = false;

  const failed = (operation: string, cause: unknown) => {
    counts.failures++;
    const message = `The cache's store failed to ${operation}; the client goes on without it: ${describeError(cause)}`;
    const error = new CoreError("CORE_CACHE_STORE_FAILED", message, { cause, retryable: true, severity: "warning" });
    logger.warn(message);
    onError(error);
  };
  const dropAll = () => {
    counts.dropped += pending.size;
    pending.clear();
  };
  const answered = async <Result>(answer: Promise<Result>): Promise<Result> => {
    const late = Promise.withResolvers<never>();
    const giveUp = () => late.reject(new Error(`there was no answer within ${ANSWER_MS} ms`));
    using _timer = clock.setTimer(ANSWER_MS, giveUp, { keepAlive: false });
    return await Promise.race([answer, late.promise]);
  };
  const writeAll = async () => {
    while (pending.size > 0) {
      const batch = [...pending].slice(0, BATCH);
      for (const [identity] of batch) pending.delete(identity);
      try {
        await answered(adapter.write(batch.map(([, change]) => change)));
        counts.written += batch.length;
      } catch (error) {
        counts.dropped += batch.length;
        failed("write", error);
        // Whoever closes does not wait for a store that is not there, batch after batch.
        if (isClosed) dropAll();
      }
    }
  };
  const flush = (): Promise<void> => {
    timer?.cancel();
    timer = undefined;
    writing ??= writeAll().finally(() => (writing = undefined));
    return writing;
  };
  const guard = async <Result>(operation: string, run: () => Promise<Result>, otherwise: Result): Promise<Result> => {
    try {
      return await answered(run());
    } catch (error) {
      failed(operation, error);
      return otherwise;
    }
  };

  return {
    push(change) {
      if (isClosed) return;
      const identity = identityOf(change);
      // The order in which entries and their groups change matters, so a new change goes to the end.
      pending.delete(identity);
      pending.set(identity, change);
      if (pending.size > LIMIT) {
        const oldest = pending.keys().next();
        if (oldest.done !== true) pending.delete(oldest.value);
        counts.dropped++;
      }
      timer ??= clock.setTimer(DELAY_MS, () => void flush(), { keepAlive: false });
    },
    read: (kind, keys) =>
      guard(
        "read",
        () => adapter.read(kind, keys),
        keys.map(() => undefined),
      ),
    readGroup: (kind, group) => guard<readonly unknown[]>("read", () => adapter.readGroup(kind, group), []),
    stats: () => ({ pending: pending.size, ...counts }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await flush();
      await guard("close", () => adapter.close(), undefined);
    },
  };
}
