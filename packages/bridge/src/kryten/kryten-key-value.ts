import { decodeJsonBytes, encodeJsonBytes } from "@antiphon/protocol/kryten";
import { isAntiphonError } from "@antiphon/std";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { CoreBus } from "../bus/bus-transport.ts";
import type { KeyValueOptions, KeyValueStore } from "../bus/key-value.ts";

/** A value as JSON, and its revision. */
export interface KrytenValue {
  readonly value: unknown;
  readonly revision: number;
}

/** A bucket whose values are JSON, as kryten's services keep them. */
export interface KrytenKeyValue {
  readonly bucket: string;
  /**
   * The value of a key; undefined when there is none.
   *
   * @throws KrytenError KRYTEN_MESSAGE_INVALID when the value is no JSON; read it with `getText`
   */
  get(key: string): Promise<KrytenValue | undefined>;
  /** The bare text of a key: kryten keeps `motd`, `css` and `js` so. */
  getText(key: string): Promise<string | undefined>;
  /** Sets a value and returns its revision. */
  put(key: string, value: unknown): Promise<number>;
  /**
   * Sets a value if the key still has this revision (0: has no value).
   *
   * @throws BridgeError BRIDGE_REVISION_CONFLICT
   */
  putIf(key: string, value: unknown, expectedRevision: number): Promise<number>;
  /** Changes a value by a function of the one that is there, as often as it takes to be the only one who did. */
  update(key: string, change: (value: unknown) => unknown): Promise<number>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** All values by key. */
  all(): Promise<ReadonlyMap<string, KrytenValue>>;
  /** Calls the handler for each present value and then for each change; a deletion has `value: undefined`, what is no JSON comes as its text. */
  watch(
    handler: (key: string, entry: KrytenValue) => void,
    options?: { readonly key?: string },
  ): Promise<BusSubscription>;
}

/** The most that {@link KrytenKeyValue.update} repeats a change that others made first. */
const MAXIMUM_REPEATS = 100;

/**
 * Opens a bucket that somebody made.
 *
 * @throws BridgeError BRIDGE_BUCKET_MISSING, BRIDGE_BUCKET_MISMATCH when `history` is given and differs
 */
export async function openKeyValueStore(
  bus: CoreBus,
  bucket: string,
  options: { readonly history?: number } = {},
): Promise<KrytenKeyValue> {
  return jsonOver(await bus.openKeyValue(bucket, options));
}

/** Opens a bucket and makes it when it is missing: one value of history, as kryten's buckets have, unless told. */
export async function openOrCreateKeyValueStore(
  bus: CoreBus,
  bucket: string,
  options: Omit<KeyValueOptions, "create"> = {},
): Promise<KrytenKeyValue> {
  return jsonOver(await bus.openKeyValue(bucket, { ...options, create: true }));
}

function jsonOver(store: KeyValueStore): KrytenKeyValue {
  const get = async (key: string): Promise<KrytenValue | undefined> => {
    const entry = await store.get(key);
    return entry === undefined ? undefined : { value: decodeJsonBytes(entry.value), revision: entry.revision };
  };
  const putIf = (key: string, value: unknown, revision: number) => store.putIf(key, encodeJsonBytes(value), revision);
  return {
    bucket: store.bucket,
    get,
    async getText(key) {
      const entry = await store.get(key);
      return entry === undefined ? undefined : new TextDecoder().decode(entry.value);
    },
    put: (key, value) => store.put(key, encodeJsonBytes(value)),
    putIf,
    async update(key, change) {
      for (let repeat = 0; ; repeat++) {
        const entry = await get(key);
        try {
          return await putIf(key, change(entry?.value), entry?.revision ?? 0);
        } catch (error) {
          if (!isConflict(error) || repeat === MAXIMUM_REPEATS) throw error;
        }
      }
    },
    delete: (key) => store.delete(key),
    keys: () => store.keys(),
    async all() {
      const values = new Map<string, KrytenValue>();
      for (const key of await store.keys()) {
        const entry = await get(key);
        if (entry !== undefined) values.set(key, entry);
      }
      return values;
    },
    watch(handler, options) {
      return store.watch(({ key, value, revision }) => {
        handler(key, { value: value === null ? undefined : readValue(value), revision });
      }, options);
    },
  };
}

/** A bare text, as kryten keeps some, comes as it is. */
function readValue(value: Uint8Array): unknown {
  try {
    return decodeJsonBytes(value);
  } catch {
    return new TextDecoder().decode(value);
  }
}

function isConflict(error: unknown): boolean {
  return isAntiphonError(error, "BRIDGE_REVISION_CONFLICT");
}
