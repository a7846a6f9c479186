import { isAntiphonError, silentLogger, type Clock, type Logger } from "@antiphon/std";
import type { CoreBus } from "../bus/bus-transport.ts";
import type { KeyValueStore } from "../bus/key-value.ts";

/** Where a value of the state lives. */
export interface MirrorPlace {
  /** `kryten_{channel}_{bucket}` */
  readonly bucket: "emotes" | "playlist" | "userlist" | "state";
  readonly key: string;
}

/** Keeps values in buckets as they change. */
export interface StateMirror {
  /** Sets a value soon; of several quick changes the last is kept, and a function is asked for its bytes only then. */
  set(place: MirrorPlace, value: Uint8Array | (() => Uint8Array)): void;
  get(place: MirrorPlace): Promise<Uint8Array | undefined>;
  /** Resolves when everything that was set is kept. */
  settled(): Promise<void>;
  readonly writes: number;
  readonly conflicts: number;
  readonly failures: number;
  /** Writes what is left, for up to 2 s. */
  close(): Promise<void>;
}

/** Options of {@link openStateMirror}. */
export interface StateMirrorOptions {
  readonly bus: CoreBus;
  readonly channel: string;
  readonly clock: Clock;
  readonly logger?: Logger;
}

const RETRY_MS = 1_000;
const CLOSE_GRACE_MS = 2_000;

/** Opens kryten's buckets of a channel, and makes those that are missing. */
export async function openStateMirror(options: StateMirrorOptions): Promise<StateMirror> {
  const { bus, channel, clock, logger = silentLogger } = options;
  const stores = new Map<MirrorPlace["bucket"], KeyValueStore>();
  for (const bucket of ["emotes", "playlist", "userlist", "state"] as const)
    stores.set(bucket, await bus.openKeyValue(`kryten_${channel}_${bucket}`, { create: true }));
  const storeOf = ({ bucket }: MirrorPlace) => stores.get(bucket) as KeyValueStore;
  const wanted = new Map<string, { readonly place: MirrorPlace; readonly value: Uint8Array | (() => Uint8Array) }>();
  const revisions = new Map<string, number>();
  const ending = new AbortController();
  const counts = { writes: 0, conflicts: 0, failures: 0 };
  let running: Promise<void> | undefined;

  /** By compare and set: whoever else writes here is noticed, and its value read before it is replaced. */
  const write = async (id: string, place: MirrorPlace, value: Uint8Array | (() => Uint8Array)): Promise<void> => {
    const store = storeOf(place);
    const known = revisions.get(id) ?? (await store.get(place.key))?.revision ?? 0;
    try {
      revisions.set(id, await store.putIf(place.key, typeof value === "function" ? value() : value, known));
      counts.writes++;
    } catch (error) {
      revisions.delete(id);
      if (!isAntiphonError(error, "BRIDGE_REVISION_CONFLICT")) throw error;
      counts.conflicts++;
      logger.warn("somebody else writes the channel's state", { bucket: store.bucket, key: place.key });
      if (!wanted.has(id)) wanted.set(id, { place, value });
    }
  };

  /** What no bucket takes is not tried again; better no value than one of long ago. */
  const forget = async (id: string, place: MirrorPlace, error: unknown): Promise<void> => {
    const store = storeOf(place);
    logger.error("a part of the channel's state is too large to be kept", {
      bucket: store.bucket,
      key: place.key,
      error,
    });
    revisions.delete(id);
    await store
      .delete(place.key)
      .catch((failure: unknown) =>
        logger.warn("its old value stays", { bucket: store.bucket, key: place.key, error: failure }),
      );
  };

  const run = async (): Promise<void> => {
    for (let [next] = wanted; next !== undefined && !ending.signal.aborted; [next] = wanted) {
      const [id, { place, value }] = next;
      wanted.delete(id);
      try {
        await write(id, place, value);
      } catch (error) {
        counts.failures++;
        if (isAntiphonError(error, "BRIDGE_MESSAGE_TOO_LARGE")) {
          await forget(id, place, error);
          continue;
        }
        logger.warn("cannot keep the channel's state", { id, error });
        if (!wanted.has(id)) wanted.set(id, { place, value });
        await clock.sleep(RETRY_MS, { signal: ending.signal }).catch(() => {
          // Closing ends the wait; the loop looks for itself.
        });
      }
    }
    running = undefined;
  };

  const settled = async (): Promise<void> => {
    for (let current = running; current !== undefined; current = running) await current;
  };
  return {
    set(place, value) {
      wanted.set(`${place.bucket} ${place.key}`, { place, value });
      running ??= Promise.resolve().then(run);
    },
    async get(place) {
      return (await storeOf(place).get(place.key))?.value;
    },
    settled,
    get writes() {
      return counts.writes;
    },
    get conflicts() {
      return counts.conflicts;
    },
    get failures() {
      return counts.failures;
    },
    async close() {
      using _timer = clock.setTimer(CLOSE_GRACE_MS, () => ending.abort());
      await settled();
    },
  };
}
