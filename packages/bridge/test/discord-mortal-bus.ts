import { BridgeError, type BusSubscription, type BusTransport } from "../src/index.ts";
import type { KeyValueStore } from "../src/bus/key-value.ts";

/** A bus as a process sees it that may die: afterwards nothing it asks is answered, and it hears nothing. */
export interface MortalBus {
  readonly bus: BusTransport;
  kill(): void;
  /** Answers again, with refusals, so that what is left of the process can be closed. */
  bury(): void;
}

/** Wraps a bus for one process of a test. */
export function createMortalBus(bus: BusTransport): MortalBus {
  let dead = false;
  let buried = false;
  const never = new Promise<never>(() => {});
  const responders: BusSubscription[] = [];
  const wrap = <Target extends object>(target: Target, replaced: Partial<Target>): Target =>
    new Proxy(target, {
      get(_, name) {
        const own = Reflect.get(replaced, name) as unknown;
        const value = own ?? Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...values: unknown[]) => {
          if (buried) return Promise.reject(new BridgeError("BRIDGE_CLOSED", "The process is dead."));
          return dead ? never : (value as (...given: unknown[]) => unknown)(...values);
        };
      },
    });
  const wrapTable = (table: KeyValueStore): KeyValueStore =>
    wrap(table, { watch: (handler, options) => table.watch((change) => dead || handler(change), options) });
  return {
    bus: wrap(bus, {
      openKeyValue: async (bucket, options) => wrapTable(await bus.openKeyValue(bucket, options)),
      subscribe: (pattern, handler, options) =>
        bus.subscribe(pattern, (message) => (dead ? undefined : handler(message)), options),
      async respond(...given) {
        const responder = await bus.respond(...given);
        responders.push(responder);
        return responder;
      },
    }),
    kill() {
      dead = true;
      for (const responder of responders) void responder.close();
    },
    bury() {
      buried = true;
    },
  };
}
