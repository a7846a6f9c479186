import { BridgeError } from "../error.ts";
import type { BusSubscription } from "./bus-message.ts";

/** Options of `CoreBus.openKeyValue`. */
export interface KeyValueOptions {
  /** Makes the bucket when it is missing. Defaults to false. */
  readonly create?: boolean;
  /** How many values of a key the bucket keeps, 1 to 64. A new bucket keeps 1; one that keeps another number is refused. */
  readonly history?: number;
  /** The largest value that a new bucket takes. Defaults to what the bus takes. */
  readonly maximumValueBytes?: number;
  /** After how long a new bucket forgets a value that nobody changes. Defaults to never. */
  readonly maximumAgeMs?: number | undefined;
  /** How many servers of a cluster keep a new bucket: 1, 3 or 5. Defaults to 1; a bus in one process has only itself. */
  readonly replicas?: number | undefined;
}

/** A value and its revision, which grows with each change in the bucket. */
export interface KeyValueEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
}

/** A change that a watcher sees; `value` is null for a deletion. */
export interface KeyValueChange {
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly revision: number;
}

/** A table of values by key, shared by all who are on the bus. Keys are of letters, digits and `-_=./`. */
export interface KeyValueStore {
  readonly bucket: string;
  /** The value of a key; undefined when there is none. */
  get(key: string): Promise<KeyValueEntry | undefined>;
  /** Sets a value, whatever was there, and returns its revision. */
  put(key: string, value: Uint8Array): Promise<number>;
  /**
   * Sets a value if the key still has this revision (0: has no value), and returns the new one.
   *
   * @throws BridgeError BRIDGE_REVISION_CONFLICT when somebody was faster
   */
  putIf(key: string, value: Uint8Array, expectedRevision: number): Promise<number>;
  /** Removes a value; harmless when there is none. */
  delete(key: string): Promise<void>;
  /** All keys that have a value, sorted. */
  keys(): Promise<readonly string[]>;
  /** Calls the handler for each present value and then for each change, in order; of one key when `key` is given. */
  watch(handler: (change: KeyValueChange) => void, options?: { readonly key?: string }): Promise<BusSubscription>;
}

/** Refuses a bucket's name that NATS would refuse. */
export function checkBucket(bucket: string): void {
  if (/^[\w-]{1,200}$/.test(bucket)) return;
  throw new BridgeError(
    "BRIDGE_INVALID_KEY",
    `${JSON.stringify(bucket.slice(0, 200))} is no name of a bucket: use letters, digits, dashes and underscores.`,
  );
}

/** Refuses a key that NATS would refuse. */
export function checkKey(key: string): void {
  if (key.length <= 200 && /^[-/=\w]+(?:\.[-/=\w]+)*$/.test(key)) return;
  throw new BridgeError(
    "BRIDGE_INVALID_KEY",
    `${JSON.stringify(key.slice(0, 200))} is no key: use letters, digits and -_=/, parted by dots.`,
  );
}

/** The error for a bucket that is not there. */
export function bucketMissing(bucket: string): BridgeError {
  return new BridgeError("BRIDGE_BUCKET_MISSING", `There is no bucket ${bucket}; open it with \`create\` to make it.`);
}

/** The error for a bucket that was made with another history than the caller relies on. */
export function bucketMismatch(bucket: string, kept: number, wanted: number): BridgeError {
  return new BridgeError(
    "BRIDGE_BUCKET_MISMATCH",
    `The bucket ${bucket} keeps ${kept} values of a key, not ${wanted}: whoever made it used other settings.`,
  );
}

/** The error for a value that somebody else changed first. */
export function revisionConflict(bucket: string, key: string, expected: number): BridgeError {
  return new BridgeError(
    "BRIDGE_REVISION_CONFLICT",
    `${key} in ${bucket} is no longer at revision ${expected}: read it again and repeat the change.`,
    { retryable: true },
  );
}

/** The error for a server that keeps no tables. */
export function tablesMissing(bucket: string, cause: unknown): BridgeError {
  return new BridgeError(
    "BRIDGE_CONNECT_FAILED",
    `Cannot open the bucket ${bucket}: this NATS server has no JetStream, which keeps tables of values. Start nats-server with -js.`,
    { cause, retryable: true },
  );
}
