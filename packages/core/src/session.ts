import type { Dispatch, DispatchSource, SubscribeOptions } from "@antiphon/protocol/discord";
import { withSignal } from "@antiphon/std";
import type { ClientState } from "./client-state.ts";
import type { Connection } from "./connection.ts";
import { CoreError } from "./core-error.ts";
import { connectFailure } from "./request-failure.ts";
import type { WaitOptions } from "./wait-options.ts";

/** Options of {@link createSession}. */
export interface SessionOptions {
  /** Gives a fresh connection; `onEnd` is told why it ended for good by itself. */
  readonly openConnection: (onEnd: (error: unknown) => void) => Connection;
  readonly onDispatch: (dispatch: Dispatch) => void;
  /** Which dispatches are wanted, so that the source need not decode the others. */
  readonly wishes: SubscribeOptions;
  /** What remains to be awaited once the source is connected. */
  readonly onConnected: (signal: AbortSignal) => Promise<void>;
  /** Told why the connection ended for good after it was connected. */
  readonly onFailed: (error: unknown) => void;
}

/** One way from idle to connected, which all callers of `connect` share. */
interface Attempt {
  readonly done: Promise<void>;
  /** Aborted when everybody who waited has given up. */
  readonly stopping: AbortController;
  waiting: number;
}

/** The client's connection through its life: opened, dropped, opened again, closed. */
export interface Session {
  readonly state: ClientState;
  /** The source in use; undefined while there is none. */
  readonly source: DispatchSource | undefined;
  connect(options?: WaitOptions): Promise<void>;
  /** Drops the connection; `keepSession` leaves it resumable. */
  disconnect(keepSession: boolean): Promise<void>;
  /** Drops the connection for good. */
  close(): Promise<void>;
}

/** Builds a {@link Session}; no I/O. */
export function createSession(options: SessionOptions): Session {
  const { openConnection, onDispatch, onConnected, onFailed, wishes } = options;
  let state: ClientState = "idle";
  let connection: Connection | undefined;
  let subscription: Disposable | undefined;
  let attempt: Attempt | undefined;

  const disconnect = async (keepSession: boolean) => {
    const ending = connection;
    const unsubscribing = subscription;
    connection = undefined;
    subscription = undefined;
    // A connect that follows is another attempt.
    attempt = undefined;
    if (state !== "closed") state = "idle";
    await ending?.close({ keepSession });
    unsubscribing?.[Symbol.dispose]();
  };
  const open = async (signal: AbortSignal) => {
    state = "connecting";
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {});
    const opened = openConnection((error) => {
      ended.reject(error);
      // While connecting, connect() itself rejects with it.
      if (connection !== opened || state !== "connected") return;
      void disconnect(false);
      onFailed(error);
    });
    connection = opened;
    subscription = opened.source.subscribe(onDispatch, wishes);
    const settle = async () => {
      await withSignal(opened.source.connect({ signal }), signal);
      await onConnected(signal);
    };
    try {
      await Promise.race([settle(), ended.promise]);
    } catch (error) {
      if (connection === opened) {
        await disconnect(false);
        throw signal.aborted ? error : connectFailure(error);
      }
    }
    if (connection !== opened) throw new CoreError("CORE_CLOSED", "connect(): the client was disconnected meanwhile.");
    state = "connected";
  };
  const begin = (): Attempt => {
    const stopping = new AbortController();
    const done = open(stopping.signal).finally(() => {
      if (attempt === begun) attempt = undefined;
    });
    const begun: Attempt = { done, stopping, waiting: 0 };
    return begun;
  };
  const join = async (joined: Attempt, signal: AbortSignal | undefined) => {
    const leave = () => {
      if (--joined.waiting === 0) joined.stopping.abort(signal?.reason);
    };
    joined.waiting++;
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await withSignal(joined.done, signal);
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  };
  return {
    get state() {
      return state;
    },
    get source() {
      return connection?.source;
    },
    async connect({ signal } = {}) {
      if (state === "closed") throw new CoreError("CORE_CLOSED", "connect(): the client is closed; create a new one.");
      if (state === "connected") return;
      signal?.throwIfAborted();
      attempt ??= begin();
      await join(attempt, signal);
    },
    disconnect,
    close() {
      state = "closed";
      return disconnect(false);
    },
  };
}
