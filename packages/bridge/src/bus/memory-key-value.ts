import type { Clock } from "@antiphon/std";
import { BridgeError } from "../error.ts";
import {
  bucketMismatch,
  bucketMissing,
  checkBucket,
  checkKey,
  revisionConflict,
  type KeyValueChange,
  type KeyValueOptions,
  type KeyValueStore,
} from "./key-value.ts";
import { checkSize } from "./bus-failure.ts";

interface Kept extends KeyValueChange {
  readonly changedAtMs: number;
}

interface Bucket {
  readonly history: number;
  readonly maximumValueBytes: number;
  readonly maximumAgeMs: number;
  /** The longest unchanged first. */
  readonly values: Map<string, Kept>;
  readonly watchers: Set<(change: KeyValueChange) => void>;
  revision: number;
}

/** The buckets of a memory bus. */
export interface MemoryBuckets {
  /** As `CoreBus.openKeyValue`. */
  open(name: string, options?: KeyValueOptions): KeyValueStore;
}

/** Builds {@link MemoryBuckets}. */
export function createMemoryBuckets(clock: Clock, onWatcherFailure: () => void): MemoryBuckets {
  const buckets = new Map<string, Bucket>();
  return {
    open(name, options = {}) {
      const { create = false, history, maximumValueBytes = Infinity, maximumAgeMs = Infinity } = options;
      checkBucket(name);
      let bucket = buckets.get(name);
      if (bucket === undefined) {
        if (!create) throw bucketMissing(name);
        const limits = { history: history ?? 1, maximumValueBytes, maximumAgeMs };
        bucket = { ...limits, values: new Map(), watchers: new Set(), revision: 0 };
        buckets.set(name, bucket);
      }
      if (history !== undefined && history !== bucket.history) throw bucketMismatch(name, bucket.history, history);
      return storeOver(name, bucket, { clock, onWatcherFailure });
    },
  };
}

function isPresent(entry: KeyValueChange | undefined): entry is KeyValueChange & { readonly value: Uint8Array } {
  return entry !== undefined && entry.value instanceof Uint8Array;
}

function storeOver(
  name: string,
  bucket: Bucket,
  { clock, onWatcherFailure }: { readonly clock: Clock; readonly onWatcherFailure: () => void },
): KeyValueStore {
  /** As on NATS, what has grown too old is gone without a word to the watchers. */
  const valuesNow = (): Map<string, Kept> => {
    for (const [key, { changedAtMs }] of bucket.values) {
      if (clock.monotonicMs() - changedAtMs < bucket.maximumAgeMs) break;
      bucket.values.delete(key);
    }
    return bucket.values;
  };
  const change = (key: string, value: Uint8Array | null): number => {
    const entry = { key, value: value?.slice() ?? null, revision: ++bucket.revision };
    bucket.values.delete(key);
    bucket.values.set(key, { ...entry, changedAtMs: clock.monotonicMs() });
    for (const watcher of bucket.watchers) watcher(entry);
    return entry.revision;
  };
  const checkValue = (key: string, value: Uint8Array) => {
    checkKey(key);
    checkSize(value);
    if (value.byteLength <= bucket.maximumValueBytes) return;
    throw new BridgeError(
      "BRIDGE_MESSAGE_TOO_LARGE",
      `${key} has ${value.byteLength} bytes; ${name} takes ${bucket.maximumValueBytes}.`,
    );
  };
  return {
    bucket: name,
    async get(key) {
      checkKey(key);
      const found = valuesNow().get(key);
      if (!isPresent(found)) return undefined;
      return { key, value: found.value.slice(), revision: found.revision };
    },
    async put(key, value) {
      checkValue(key, value);
      return change(key, value);
    },
    async putIf(key, value, expectedRevision) {
      checkValue(key, value);
      const found = valuesNow().get(key);
      const revision = isPresent(found) ? found.revision : 0;
      if (revision !== expectedRevision) throw revisionConflict(name, key, expectedRevision);
      return change(key, value);
    },
    async delete(key) {
      checkKey(key);
      change(key, null);
    },
    async keys() {
      const present = [...valuesNow().values()].filter(isPresent);
      return present.map(({ key }) => key).sort();
    },
    async watch(handler, { key } = {}) {
      if (key !== undefined) checkKey(key);
      const hand = (entry: KeyValueChange) => {
        try {
          handler(entry);
        } catch {
          // As a listener's: its failure is its own.
          onWatcherFailure();
        }
      };
      const tell = (entry: KeyValueChange) => {
        if (key === undefined || key === entry.key) queueMicrotask(() => bucket.watchers.has(tell) && hand(entry));
      };
      bucket.watchers.add(tell);
      const present = [...valuesNow().values()].sort((left, right) => left.revision - right.revision);
      for (const entry of present) tell(entry);
      const close = async () => void bucket.watchers.delete(tell);
      return { close, [Symbol.asyncDispose]: close };
    },
  };
}
