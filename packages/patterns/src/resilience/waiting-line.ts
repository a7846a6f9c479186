import type { Scope } from "./scope.ts";

interface Waiter {
  readonly enter: () => void;
  readonly refuse: (error: unknown) => void;
}

/** Calls that wait for their turn, in the order they came; a call that is given up leaves the line. */
export interface WaitingLine {
  /** Resolves when it is this call's turn; rejects when its scope aborts or it is refused. */
  wait(scope: Scope): Promise<void>;
  /** Lets the first call go; false when none waits. */
  admit(): boolean;
  /** Refuses the first call. */
  refuse(error: unknown): void;
  /** How many wait. */
  readonly size: number;
}

/** Builds a {@link WaitingLine}; its owner keeps it bounded. */
export function createWaitingLine(): WaitingLine {
  // A set keeps the order and lets one leave from the middle.
  const waiters = new Set<Waiter>();
  const first = () => {
    const [waiter] = waiters;
    return waiter;
  };
  return {
    wait: (scope) =>
      new Promise((resolve, reject) => {
        const leave = (settle: () => void) => {
          waiters.delete(waiter);
          stopListening();
          settle();
        };
        const waiter: Waiter = { enter: () => leave(resolve), refuse: (error) => leave(() => reject(error)) };
        if (scope.aborted) return reject(scope.reason);
        waiters.add(waiter);
        const stopListening = scope.isEndless ? () => {} : scope.onAbort(waiter.refuse);
      }),
    admit() {
      const waiter = first();
      waiter?.enter();
      return waiter !== undefined;
    },
    refuse: (error) => first()?.refuse(error),
    get size() {
      return waiters.size;
    },
  };
}
