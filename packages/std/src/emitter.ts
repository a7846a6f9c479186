import { toDisposable } from "./abort.ts";
import { createBoundedQueue } from "./bounded-queue.ts";

/** One member of a discriminated union of events. */
export interface TypedEvent {
  readonly type: string;
}

/** The events of `Event` whose `type` is `Type`. */
export type EventOf<Event extends TypedEvent, Type extends Event["type"]> = Extract<Event, { readonly type: Type }>;

/** What a subscriber sees of an emitter. */
export interface EventSource<Event extends TypedEvent> {
  /** Calls `listener` for each event of this type until the returned Disposable is disposed or the signal aborts. */
  on<Type extends Event["type"]>(
    type: Type,
    listener: (event: EventOf<Event, Type>) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Disposable;
  /** Every event, as a bounded stream: a reader that falls behind by more than `limit` (1,024) loses the oldest. */
  events(options?: { readonly limit?: number; readonly signal?: AbortSignal | undefined }): AsyncIterableIterator<Event>;
}

/** Options of {@link createEmitter}. */
export interface EmitterOptions {
  /** Told what a listener threw. Defaults to a process warning that names the event. */
  readonly onListenerError?: (error: unknown, type: string) => void;
}

/** An {@link EventSource} together with the right to emit. */
export interface Emitter<Event extends TypedEvent> extends EventSource<Event> {
  /** Calls each listener in order; one that throws does not stop the rest, nor the caller. */
  emit(event: Event): void;
  /** How many listeners and open streams would see an event of this type. */
  listenerCount(type: Event["type"]): number;
  /** Drops all listeners and ends all streams. */
  close(): void;
  /** Events that slow stream readers have lost so far. */
  readonly dropped: number;
}

function warnAboutListener(error: unknown, type: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`A listener of "${type}" failed: ${text}`, { code: "ANTIPHON_LISTENER_FAILED" });
}

/** Builds an {@link Emitter}. */
export function createEmitter<Event extends TypedEvent>(options: EmitterOptions = {}): Emitter<Event> {
  const { onListenerError = warnAboutListener } = options;
  type Listener = (event: never) => unknown;
  const listeners = new Map<string, readonly Listener[]>();
  const streams = new Set<ReturnType<typeof createBoundedQueue<Event>>>();
  let dropped = 0;

  const remove = (type: string, listener: Listener) => {
    const left = (listeners.get(type) ?? []).filter((other) => other !== listener);
    if (left.length === 0) listeners.delete(type);
    else listeners.set(type, left);
  };

  return {
    on(type, listener, { signal } = {}) {
      if (signal?.aborted === true) return toDisposable(() => {});
      // A wrapper of its own, so that the same function may listen twice and each Disposable removes its own.
      const own: Listener = (event) => (listener as Listener)(event);
      // The array is replaced, never changed, so that an emit in progress is not disturbed.
      listeners.set(type, [...(listeners.get(type) ?? []), own]);
      const subscription = toDisposable(() => {
        remove(type, own);
        signal?.removeEventListener("abort", onAbort);
      });
      const onAbort = () => subscription[Symbol.dispose]();
      signal?.addEventListener("abort", onAbort, { once: true });
      return subscription;
    },
    events({ limit = 1024, signal } = {}) {
      const queue = createBoundedQueue<Event>({ limit, onDrop: () => dropped++ });
      streams.add(queue);
      const end = () => {
        streams.delete(queue);
        queue.close();
        signal?.removeEventListener("abort", end);
      };
      if (signal?.aborted === true) end();
      signal?.addEventListener("abort", end, { once: true });
      const stream: AsyncIterableIterator<Event> = {
        async next() {
          const value = await queue.take();
          return value === undefined ? { done: true, value: undefined } : { done: false, value };
        },
        return() {
          end();
          return Promise.resolve({ done: true, value: undefined });
        },
        [Symbol.asyncIterator]: () => stream,
      };
      return stream;
    },
    emit(event) {
      const own = listeners.get(event.type);
      if (own !== undefined) {
        for (const listener of own) {
          try {
            const result = listener(event as never);
            if (result instanceof Promise) result.catch((error: unknown) => onListenerError(error, event.type));
          } catch (error) {
            onListenerError(error, event.type);
          }
        }
      }
      for (const stream of streams) stream.push(event);
    },
    listenerCount: (type) => (listeners.get(type)?.length ?? 0) + streams.size,
    close() {
      listeners.clear();
      for (const stream of streams) stream.close();
      streams.clear();
    },
    get dropped() {
      return dropped;
    },
  };
}
