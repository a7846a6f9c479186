import { abortReason } from "@antiphon/std";

/** Somebody in a line; one of the two is called once. */
export interface Waiter<T> {
  /** It is its turn. */
  readonly grant: (value: T) => void;
  /** It will never be. */
  readonly fail: (reason: unknown) => void;
}

/** Stands at the end of `line` until whoever keeps it grants or fails it; leaves it, and rejects with the reason, when the signal aborts. */
export function waitInLine<T>(line: Waiter<T>[], signal: AbortSignal | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (then: () => void) => {
      signal?.removeEventListener("abort", onAbort);
      then();
    };
    const waiter: Waiter<T> = {
      grant: (value) => end(() => resolve(value)),
      fail: (reason) => end(() => reject(reason)),
    };
    const onAbort = () => {
      line.splice(line.indexOf(waiter), 1);
      reject(abortReason(signal as AbortSignal));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    line.push(waiter);
  });
}
