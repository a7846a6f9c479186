import { withSignal } from "@antiphon/std";

/** Work that is being done for a key. */
export interface Flight {
  /** Whether the key was changed meanwhile, so that the outcome must not be stored. */
  readonly isOutdated: boolean;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Does the work for a key once, however many wait for it. */
export interface Flights<Result> {
  /** Joins the work for this key, or starts it; rejects with the caller's own reason when its signal aborts. */
  run(
    key: string,
    work: (flight: Flight) => Promise<Result>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result>;
  /** Starts the work unless it is being done already; it has no caller to wait for it. */
  start(key: string, work: (flight: Flight) => Promise<Result>): void;
  /** Makes sure that what is under way for a key, or for all, is not stored; later callers start anew. */
  outdate(key?: string): void;
  /** Gives up everything under way. */
  abort(reason: unknown): void;
  /** How many callers have joined work that was under way. */
  readonly joined: number;
}

class OwnFlight<Result> implements Flight {
  isOutdated = false;
  waiters = 0;
  readonly controller = new AbortController();
  promise!: Promise<Result>;

  get signal(): AbortSignal {
    return this.controller.signal;
  }
}

/** Builds {@link Flights}. */
export function createFlights<Result>(): Flights<Result> {
  const byKey = new Map<string, OwnFlight<Result>>();
  // With those that later callers can no longer join.
  const all = new Set<OwnFlight<Result>>();
  let joined = 0;

  const launch = (key: string, work: (flight: Flight) => Promise<Result>) => {
    const flight = new OwnFlight<Result>();
    byKey.set(key, flight);
    all.add(flight);
    const start = async () => work(flight);
    flight.promise = start().finally(() => {
      all.delete(flight);
      if (byKey.get(key) === flight) byKey.delete(key);
    });
    // Each caller gets the failure through its own promise; when all have left, nobody is there to take it.
    flight.promise.catch(() => {});
    return flight;
  };
  const leave = (key: string, flight: OwnFlight<Result>) => {
    if (--flight.waiters > 0) return;
    if (byKey.get(key) === flight) byKey.delete(key);
    flight.controller.abort(new DOMException("nobody waits for this any more", "AbortError"));
  };

  return {
    async run(key, work, { signal } = {}) {
      signal?.throwIfAborted();
      const underway = byKey.get(key);
      if (underway !== undefined) joined++;
      const flight = underway ?? launch(key, work);
      flight.waiters++;
      const onAbort = () => leave(key, flight);
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        return await withSignal(flight.promise, signal);
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    },
    start(key, work) {
      // Counts as a waiter, so that a caller who joins and leaves does not end it.
      if (!byKey.has(key)) launch(key, work).waiters++;
    },
    outdate(key) {
      const outdated = key === undefined ? byKey.values() : [byKey.get(key)];
      for (const flight of outdated) if (flight !== undefined) flight.isOutdated = true;
      if (key === undefined) byKey.clear();
      else byKey.delete(key);
    },
    abort(reason) {
      for (const flight of all) flight.controller.abort(reason);
    },
    get joined() {
      return joined;
    },
  };
}
