import type { Dispatch, SubscribeOptions } from "@antiphon/protocol/discord";
import { describeError, toDisposable, type Logger } from "@antiphon/std";
import type { DispatchSink } from "./lane-service.ts";

/** The subscribers of a worker, as one sink. */
export interface DispatchSubscribers extends DispatchSink {
  /** As `WorkerGateway.subscribe`. */
  add(listener: (dispatch: Dispatch) => Promise<void> | void, options?: SubscribeOptions): Disposable;
}

interface Subscriber extends SubscribeOptions {
  readonly listener: (dispatch: Dispatch) => Promise<void> | void;
}

/** Builds {@link DispatchSubscribers}. */
export function createDispatchSubscribers(logger: Logger): DispatchSubscribers {
  let subscribers: readonly Subscriber[] = [];
  const tell = ({ listener, wants, onSkipped }: Subscriber, dispatch: Dispatch): unknown => {
    if (wants?.(dispatch.type) === false) return onSkipped?.(dispatch.type);
    try {
      return listener(dispatch);
    } catch (error) {
      logger.error("A subscriber of the worker failed.", { type: dispatch.type, error: describeError(error) });
      return undefined;
    }
  };
  return {
    add(listener, options = {}) {
      const own: Subscriber = { ...options, listener };
      subscribers = [...subscribers, own];
      return toDisposable(() => {
        subscribers = subscribers.filter((other) => other !== own);
      });
    },
    wants(type) {
      const wanted = subscribers.some((subscriber) => subscriber.wants?.(type) !== false);
      if (!wanted) for (const { onSkipped } of subscribers) onSkipped?.(type);
      return wanted;
    },
    deliver(dispatch) {
      const work = subscribers
        .map((subscriber) => tell(subscriber, dispatch))
        .filter((result) => result instanceof Promise);
      return work.length === 0 ? undefined : Promise.all(work);
    },
  };
}
