import type { BusTransport, KeyValueStore } from "../src/index.ts";

/** What a cluster does while it elects leaders, one thing at a time. */
export interface FaultyBus {
  readonly bus: BusTransport;
  /** Whether the stream takes messages; those that it does not take wait. */
  takes: boolean;
  /** Whether subscribers get what the stream took. */
  brings: boolean;
  /** Whether tables take writes. */
  writes: boolean;
  /** Everything as it should be. */
  heal(): void;
}

/** Wraps a bus whose parts can fail. */
export function createFaultyBus(bus: BusTransport): FaultyBus {
  let healed = Promise.withResolvers<void>();
  const until = async (isWell: () => boolean) => {
    while (!isWell()) await healed.promise;
  };
  const refuseWrites = async () => {
    if (!faulty.writes) throw new Error("The table has no leader.");
  };
  const wrapTable = (table: KeyValueStore): KeyValueStore => ({
    ...table,
    put: (key, value) => refuseWrites().then(() => table.put(key, value)),
    putIf: (key, value, expected) => refuseWrites().then(() => table.putIf(key, value, expected)),
    delete: (key) => refuseWrites().then(() => table.delete(key)),
  });
  const publish: BusTransport["publish"] = async (...given) => {
    await until(() => faulty.takes);
    await bus.publish(...given);
  };
  const subscribe: BusTransport["subscribe"] = (pattern, handler, options) =>
    bus.subscribe(
      pattern,
      (message) => (faulty.brings ? handler(message) : until(() => faulty.brings).then(() => handler(message))),
      options,
    );
  const openKeyValue: BusTransport["openKeyValue"] = async (...given) => wrapTable(await bus.openKeyValue(...given));
  const replaced = Object.entries({ publish, subscribe, openKeyValue }).map(([name, value]) => [
    name,
    { value, configurable: true },
  ]);
  const faulty: FaultyBus = {
    bus: Object.create(bus, Object.fromEntries(replaced)) as BusTransport,
    takes: true,
    brings: true,
    writes: true,
    heal() {
      Object.assign(faulty, { takes: true, brings: true, writes: true });
      healed.resolve();
      healed = Promise.withResolvers<void>();
    },
  };
  return faulty;
}
