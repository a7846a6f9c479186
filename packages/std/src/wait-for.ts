import { abortReason } from "./abort.ts";
import type { EventOf, EventSource, TypedEvent } from "./emitter.ts";

/** Options of {@link waitFor}. */
export interface WaitForOptions<Event> {
  /** Which event is meant; the first of the type when left out. */
  readonly filter?: (event: Event) => boolean;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Resolves with the next event of a type that passes the filter, or rejects with the signal's reason. */
export function waitFor<Event extends TypedEvent, Type extends Event["type"]>(
  source: EventSource<Event>,
  type: Type,
  options: WaitForOptions<EventOf<Event, Type>> = {},
): Promise<EventOf<Event, Type>> {
  const { filter, signal } = options;
  if (signal?.aborted === true) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      subscription[Symbol.dispose]();
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const subscription = source.on(type, (event) => {
      try {
        if (filter === undefined || filter(event)) end(() => resolve(event));
      } catch (error) {
        end(() => reject(error));
      }
    });
    const onAbort = () => end(() => reject(abortReason(signal as AbortSignal)));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
