import { toDisposable } from "./abort.ts";
import { createEventStream, type EventStream } from "./event-stream.ts";

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
  events(options?: {
    readonly limit?: number;
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterableIterator<Event>;
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
  /** Drops all listeners and ends all streams, for good: a later `on` hears nothing and a later stream is empty. */
  close(): void;
  /** Events that slow stream readers have lost so far. */
  readonly dropped: number;
}

function warnAboutListener(error: unknown, type: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`A listener of "${type}" failed: ${text}`, { code: "ANTIPHON_LISTENER_FAILED" });
}

/** One call of `on`. */
interface Subscription extends Disposable {
  deliver(event: TypedEvent): unknown;
}

/** Builds an {@link Emitter}. */
export function createEmitter<Event extends TypedEvent>(options: EmitterOptions = {}): Emitter<Event> {
  const { onListenerError = warnAboutListener } = options;
  const subscriptions = new Map<string, readonly Subscription[]>();
  const streams = new Set<EventStream<Event>>();
  let dropped = 0;
  let closed = false;

  const remove = (type: string, subscription: Subscription) => {
    const left = (subscriptions.get(type) ?? []).filter((other) => other !== subscription);
    if (left.length === 0) subscriptions.delete(type);
    else subscriptions.set(type, left);
  };

  return {
    on(type, listener, { signal } = {}) {
      if (closed || signal?.aborted === true) return toDisposable(() => {});
      const dispose = () => {
        remove(type, subscription);
        signal?.removeEventListener("abort", dispose);
      };
      // An object of its own for each call, so that the same function may listen twice and each Disposable removes its own.
      const subscription: Subscription = {
        deliver: (event) => (listener as (event: TypedEvent) => unknown)(event),
        ...toDisposable(dispose),
      };
      // The array is replaced, never changed, so that an emit in progress is not disturbed.
      subscriptions.set(type, [...(subscriptions.get(type) ?? []), subscription]);
      signal?.addEventListener("abort", dispose, { once: true });
      return subscription;
    },
    events({ limit = 1024, signal } = {}) {
      const stream = createEventStream<Event>({
        limit,
        signal,
        onDrop: () => dropped++,
        onEnd: () => streams.delete(stream),
      });
      streams.add(stream);
      if (closed || signal?.aborted === true) stream.end();
      return stream.iterator;
    },
    emit(event) {
      for (const subscription of subscriptions.get(event.type) ?? []) {
        try {
          const result = subscription.deliver(event);
          if (result instanceof Promise) result.catch((error: unknown) => onListenerError(error, event.type));
        } catch (error) {
          onListenerError(error, event.type);
        }
      }
      for (const stream of streams) stream.push(event);
    },
    listenerCount: (type) => (subscriptions.get(type)?.length ?? 0) + streams.size,
    close() {
      closed = true;
      for (const subscription of [...subscriptions.values()].flat()) subscription[Symbol.dispose]();
      for (const stream of streams) stream.end();
    },
    get dropped() {
      return dropped;
    },
  };
}
