import { Client, type Dispatcher } from "undici";
import { abortReason, systemClock, type Clock, type Timer } from "@antiphon/std";
import { createDeadlines } from "./deadlines.ts";
import { RestError } from "./rest-error.ts";

/** What the connection pool is doing. */
export interface PoolStats {
  /** Connections that the pool has, open or about to open. */
  readonly connected: number;
  /** Connections that are leased. */
  readonly running: number;
  /** Connections that wait for their next lease. */
  readonly free: number;
  /** The share of `maximumConnections` that is leased, 0 to 1. */
  readonly utilizationRatio: number;
  /** Leases that are waited for. */
  readonly pending: number;
  /** Leases that got a connection which was there already, since the pool was built. */
  readonly reused: number;
  /** Connections that were built since the pool was. */
  readonly opened: number;
}

/** Options of {@link createConnectionPool}. */
export interface ConnectionPoolOptions {
  /** The most connections at once, over all origins. Defaults to 64. */
  readonly maximumConnections?: number | undefined;
  /** A connection that nobody has used for so long is closed. Defaults to 30,000 ms. */
  readonly maximumIdleMs?: number | undefined;
  /** What happens to a lease that finds all connections taken: it waits, or fails at once. Defaults to `wait`. */
  readonly whenExhausted?: "wait" | "fail" | undefined;
  /** The longest that a lease waits. Defaults to 10,000 ms. */
  readonly acquireTimeoutMs?: number | undefined;
  /** The most leases that wait at once. Defaults to 10,000. */
  readonly waitingLimit?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A connection that belongs to its holder until it is released. */
export interface ConnectionLease extends Disposable {
  /** Where the connection leads: `https://discord.com`. */
  readonly origin: string;
  /** The connection; send one request at a time. */
  readonly dispatcher: Dispatcher;
  /** Gives the connection back; later calls do nothing. */
  release(): void;
}

/** Who waits for a connection; one of the two is called once. */
export interface LeaseWaiter {
  /** The connection is there; called within the call that gave it back, so that no turn of the event loop is lost. */
  onLease(lease: ConnectionLease): void;
  /** There is none: a RestError REST_POOL_EXHAUSTED or REST_CLOSED. */
  onLeaseFailed(error: RestError): void;
}

/** Reusable HTTP connections within a bound. */
export interface ConnectionPool extends AsyncDisposable {
  /**
   * Leases a connection to the origin of `url`.
   *
   * @throws RestError REST_POOL_EXHAUSTED, REST_CLOSED; or the signal's reason
   */
  acquire(url: string | URL, options?: { readonly signal?: AbortSignal | undefined }): Promise<ConnectionLease>;
  /** Leases a connection to `origin` without a promise: calls `waiter` back at once where one is free. */
  enqueue(origin: string, waiter: LeaseWaiter): void;
  /** The waiter is not called any more. */
  dequeue(waiter: LeaseWaiter): void;
  /** A snapshot for a dashboard or a test. */
  getStats(): PoolStats;
  /** Waits for what is leased and closes all connections; idempotent. When the signal aborts, the connections are cut. */
  close(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

interface Connection {
  readonly origin: string;
  readonly client: Client;
  idleSinceMs: number;
}

/** Made for every request, hence without functions of its own. */
class Lease implements ConnectionLease {
  readonly #connection: Connection;
  readonly #release: (connection: Connection, lease: Lease) => void;

  constructor(connection: Connection, release: (connection: Connection, lease: Lease) => void) {
    this.#connection = connection;
    this.#release = release;
  }

  get origin(): string {
    return this.#connection.origin;
  }

  get dispatcher(): Dispatcher {
    return this.#connection.client;
  }

  release(): void {
    this.#release(this.#connection, this);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

const CONNECT_TIMEOUT_MS = 10_000;

function check(name: string, value: number): number {
  if (value >= 1) return value;
  throw new RestError("REST_INVALID_OPTIONS", `createConnectionPool: ${name} must be a number from 1, not ${value}.`);
}

/** Builds a {@link ConnectionPool} without opening a connection. Throws a RestError REST_INVALID_OPTIONS. */
export function createConnectionPool(options: ConnectionPoolOptions = {}): ConnectionPool {
  const { clock = systemClock, whenExhausted = "wait" } = options;
  const maximumConnections = check("maximumConnections", options.maximumConnections ?? 64);
  const maximumIdleMs = check("maximumIdleMs", options.maximumIdleMs ?? 30_000);
  const acquireTimeoutMs = check("acquireTimeoutMs", options.acquireTimeoutMs ?? 10_000);
  const waitingLimit = check("waitingLimit", options.waitingLimit ?? 10_000);
  /** Least recently used first. */
  const idle: Connection[] = [];
  /** Leased connections, and their leases. */
  const active = new Map<Connection, Lease>();
  /** Who waits for a connection to which origin, in order. */
  const waiting = new Map<LeaseWaiter, string>();
  let reused = 0;
  let opened = 0;
  let sweeper: Timer | undefined;
  let closing: Promise<void> | undefined;
  let drained: (() => void) | undefined;

  const drop = ({ client }: Connection) => void client.destroy().catch(() => {});
  const sweep = () => {
    sweeper = undefined;
    const nowMs = clock.monotonicMs();
    while (idle[0] !== undefined && idle[0].idleSinceMs + maximumIdleMs <= nowMs) drop(idle.shift() as Connection);
    const next = idle[0];
    if (next !== undefined)
      sweeper = clock.setTimer(next.idleSinceMs + maximumIdleMs - nowMs, sweep, { keepAlive: false });
  };

  const open = (origin: string): Connection => {
    opened++;
    const client = new Client(origin, {
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // The pool decides how long a connection may be idle, and the sender's own timer bounds an attempt.
      keepAliveTimeout: maximumIdleMs,
      keepAliveMaxTimeout: maximumIdleMs,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { origin, client, idleSinceMs: 0 };
  };
  /** The connection that was used last is the likeliest to be open still. */
  const takeIdle = (origin: string): Connection | undefined => {
    const isLast = idle.at(-1)?.origin === origin;
    const index = isLast ? idle.length - 1 : idle.findLastIndex((connection) => connection.origin === origin);
    if (index < 0) return undefined;
    reused++;
    return isLast ? idle.pop() : idle.splice(index, 1)[0];
  };
  const take = (origin: string): Connection | undefined => {
    const known = takeIdle(origin);
    if (known !== undefined) return known;
    if (idle.length + active.size >= maximumConnections) {
      // An idle connection to somewhere else makes room.
      const other = idle.shift();
      if (other === undefined) return undefined;
      drop(other);
    }
    return open(origin);
  };
  const release = (connection: Connection, holder: Lease) => {
    if (active.get(connection) !== holder) return;
    active.delete(connection);
    giveBack(connection);
  };
  const lease = (connection: Connection): ConnectionLease => {
    const holder = new Lease(connection, release);
    active.set(connection, holder);
    return holder;
  };
  const giveBack = (connection: Connection) => {
    if (closing !== undefined) {
      drop(connection);
      if (active.size === 0) drained?.();
      return;
    }
    connection.idleSinceMs = clock.monotonicMs();
    idle.push(connection);
    const [next] = waiting;
    if (next !== undefined) {
      const [waiter, origin] = next;
      pool.dequeue(waiter);
      return waiter.onLease(lease(take(origin) as Connection));
    }
    sweeper ??= clock.setTimer(maximumIdleMs, sweep, { keepAlive: false });
  };

  const exhausted = (why: string) =>
    new RestError(
      "REST_POOL_EXHAUSTED",
      `All ${maximumConnections} connections are taken and ${why}; send less at once, or raise maximumConnections.`,
      { retryable: true, severity: "warning", details: { maximumConnections, waiting: waiting.size } },
    );
  const closedError = () => new RestError("REST_CLOSED", "This connection pool is closed; create a new one.");

  const deadlines = createDeadlines<LeaseWaiter>(acquireTimeoutMs, clock, (waiter) => {
    waiting.delete(waiter);
    waiter.onLeaseFailed(exhausted(`none became free in ${acquireTimeoutMs} ms`));
  });

  const close = async (signal: AbortSignal | undefined) => {
    sweeper?.cancel();
    for (const waiter of waiting.keys()) {
      pool.dequeue(waiter);
      waiter.onLeaseFailed(closedError());
    }
    idle.splice(0).forEach(drop);
    const cut = () => {
      for (const connection of active.keys()) drop(connection);
    };
    if (signal?.aborted === true) cut();
    signal?.addEventListener("abort", cut, { once: true });
    if (active.size > 0) {
      await new Promise<void>((resolve) => {
        drained = resolve;
        // A holder that never releases does not keep the pool open for ever once it is cut.
        signal?.addEventListener("abort", () => resolve(), { once: true });
        if (signal?.aborted === true) resolve();
      });
    }
    signal?.removeEventListener("abort", cut);
  };

  const pool: ConnectionPool = {
    async acquire(url, { signal } = {}) {
      if (signal?.aborted === true) throw abortReason(signal);
      const { promise, resolve, reject } = Promise.withResolvers<ConnectionLease>();
      const waiter: LeaseWaiter = { onLease: resolve, onLeaseFailed: reject };
      const onAbort = () => {
        pool.dequeue(waiter);
        reject(abortReason(signal as AbortSignal));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      pool.enqueue(new URL(url).origin, waiter);
      return promise.finally(() => signal?.removeEventListener("abort", onAbort));
    },
    enqueue(origin, waiter) {
      if (closing !== undefined) return waiter.onLeaseFailed(closedError());
      const connection = take(origin);
      if (connection !== undefined) return waiter.onLease(lease(connection));
      if (whenExhausted === "fail") return waiter.onLeaseFailed(exhausted("whenExhausted is `fail`"));
      if (waiting.size >= waitingLimit) return waiter.onLeaseFailed(exhausted(`${waitingLimit} wait for one already`));
      waiting.set(waiter, origin);
      deadlines.start(waiter);
    },
    dequeue(waiter) {
      waiting.delete(waiter);
      deadlines.stop(waiter);
    },
    getStats: () => ({
      connected: idle.length + active.size,
      running: active.size,
      free: idle.length,
      utilizationRatio: active.size / maximumConnections,
      pending: waiting.size,
      reused,
      opened,
    }),
    close({ signal } = {}) {
      closing ??= close(signal);
      return closing;
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
  return pool;
}
