import { toDisposable, type Clock, type Timer } from "@antiphon/std";
import type { NatsConnection } from "@nats-io/transport-node";

/** Whether a NATS connection has its server right now. */
export interface ConnectionLine {
  readonly up: boolean;
  /** Tells of each change until disposed. */
  onChange(listener: (up: boolean) => void): Disposable;
}

/** Watches a connection until it closes. */
export function watchLine(connection: NatsConnection): ConnectionLine {
  const listeners = new Set<(up: boolean) => void>();
  let up = true;
  const change = (now: boolean) => {
    if (up === now) return;
    up = now;
    for (const listener of listeners) listener(now);
  };
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") change(false);
      if (type === "reconnect") change(true);
    }
    change(false);
  })();
  return {
    get up() {
      return up;
    },
    onChange(listener) {
      listeners.add(listener);
      return toDisposable(() => void listeners.delete(listener));
    },
  };
}

/** Calls `act` once when the line has been down for so long at a stretch. */
export function whenDownFor(line: ConnectionLine, downMs: number, clock: Clock, act: () => void): Disposable {
  let timer: Timer | undefined;
  const look = () => {
    timer?.cancel();
    timer = line.up ? undefined : clock.setTimer(downMs, act);
  };
  const watching = line.onChange(look);
  look();
  return toDisposable(() => {
    watching[Symbol.dispose]();
    timer?.cancel();
  });
}
