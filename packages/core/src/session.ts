import type { Dispatch, DispatchSource, SubscribeOptions } from "@antiphon/protocol/discord";
import { withSignal } from "@antiphon/std";
import type { ClientState } from "./client.ts";
import type { Connection } from "./connection.ts";
import { CoreError } from "./core-error.ts";
import { connectFailure } from "./request-failure.ts";
import type { WaitOptions } from "./wait-options.ts";

/** Options of {@link createSession}. */
export interface SessionOptions {
  /** Gives a fresh connection. */
  readonly openConnection: () => Connection;
  readonly onDispatch: (dispatch: Dispatch) => void;
  /** Which dispatches are wanted, so that the source need not decode the others. */
  readonly wishes: SubscribeOptions;
  /** What remains to be awaited once the source is connected. */
  readonly onConnected: (signal: AbortSignal | undefined) => Promise<void>;
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
  const { openConnection, onDispatch, onConnected, wishes } = options;
  let state: ClientState = "idle";
  let connection: Connection | undefined;
  let subscription: Disposable | undefined;
  let connecting: Promise<void> | undefined;

  const disconnect = async (keepSession: boolean) => {
    const ending = connection;
    const unsubscribing = subscription;
    connection = undefined;
    subscription = undefined;
    if (state !== "closed") state = "idle";
    await ending?.close({ keepSession });
    unsubscribing?.[Symbol.dispose]();
  };
  const open = async (signal: AbortSignal | undefined) => {
    state = "connecting";
    const opened = openConnection();
    connection = opened;
    subscription = opened.source.subscribe(onDispatch, wishes);
    try {
      await withSignal(opened.source.connect({ signal }), signal);
      await onConnected(signal);
      if (connection !== opened)
        throw new CoreError("CORE_CLOSED", "connect(): the client was disconnected meanwhile.");
      state = "connected";
    } catch (error) {
      if (connection === opened) await disconnect(false);
      throw signal?.aborted === true ? error : connectFailure(error);
    }
  };
  return {
    get state() {
      return state;
    },
    get source() {
      return connection?.source;
    },
    connect({ signal } = {}) {
      if (state === "closed")
        return Promise.reject(new CoreError("CORE_CLOSED", "connect(): the client is closed; create a new one."));
      if (state === "connected") return Promise.resolve();
      connecting ??= open(signal).finally(() => (connecting = undefined));
      return withSignal(connecting, signal);
    },
    disconnect,
    close() {
      state = "closed";
      return disconnect(false);
    },
  };
}
