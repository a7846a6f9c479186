import type { Dispatch, SubscribeOptions } from "@antiphon/protocol/discord";
import { describeError, toDisposable, type Logger } from "@antiphon/std";

type Subscriber = SubscribeOptions & { readonly listener: (dispatch: Dispatch) => void };

/** Those who get a gateway's dispatches. */
export interface Subscribers {
  add(listener: (dispatch: Dispatch) => void, options: SubscribeOptions): Disposable;
  /** Whether anybody wants events of this name now. */
  want(type: string): boolean;
  /** Hands a dispatch to those who want it; one that throws does not keep it from the others. */
  publish(dispatch: Dispatch): void;
  /** Tells everybody that an event came which nobody wanted. */
  skip(type: string): void;
  clear(): void;
  /** Errors that they threw. */
  readonly errors: number;
}

/** Builds {@link Subscribers}. */
export function createSubscribers(logger: Logger): Subscribers {
  let subscribers: readonly Subscriber[] = [];
  let errors = 0;
  const onError = (type: string, error: unknown) => {
    errors++;
    logger.error("A subscriber of the gateway failed.", { type, problem: describeError(error) });
  };
  const tellSkipped = (type: string, onSkipped: (type: string) => void) => {
    try {
      onSkipped(type);
    } catch (error) {
      onError(type, error);
    }
  };
  return {
    add(listener, options) {
      // An object of its own, so that the same function may subscribe twice.
      const own: Subscriber = { ...options, listener };
      subscribers = [...subscribers, own];
      return toDisposable(() => {
        subscribers = subscribers.filter((other) => other !== own);
      });
    },
    want(type) {
      for (const { wants } of subscribers) if (wants === undefined || wants(type)) return true;
      return false;
    },
    publish(dispatch) {
      for (const { listener, wants, onSkipped } of subscribers) {
        if (wants !== undefined && !wants(dispatch.type)) {
          if (onSkipped !== undefined) tellSkipped(dispatch.type, onSkipped);
          continue;
        }
        try {
          listener(dispatch);
        } catch (error) {
          onError(dispatch.type, error);
        }
      }
    },
    skip(type) {
      for (const { onSkipped } of subscribers) if (onSkipped !== undefined) tellSkipped(type, onSkipped);
    },
    clear() {
      subscribers = [];
    },
    get errors() {
      return errors;
    },
  };
}
