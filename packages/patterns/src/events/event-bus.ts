import { describeError, systemClock, type Clock } from "@antiphon/std";
import { PatternsError } from "../error.ts";
import { createEventHistory, type BusEvent } from "./event-history.ts";
import { createSubscriptionList, type Subscription } from "./subscription-list.ts";
import { matchesTopic, type TopicsOf } from "./topic-pattern.ts";

/** A function that receives events; a promise it returns is waited for by `publish`. */
export type EventHandler<Data, Topic extends string = string> = (data: Data, event: BusEvent<Topic>) => unknown;

/** An object that receives events. */
export interface Observer<Data, Topic extends string = string> {
  /** Receives one event; a promise it returns is waited for by `publish`. */
  next(data: Data, event: BusEvent<Topic>): unknown;
}

/** Options of {@link EventBus.subscribe}. */
export interface SubscribeOptions {
  /** Handlers of higher priority are called first. Defaults to 0. */
  readonly priority?: number;
  /** Ends the subscription with its first event. */
  readonly once?: boolean;
  /** Delivers at once up to this many of the last events that fit, the oldest first. Defaults to 0. */
  readonly replay?: number;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

/** A handler that failed. */
export interface DeliveryFailure {
  /** The topic that was delivered. */
  readonly topic: string;
  /** What the subscription asked for. */
  readonly pattern: string;
  /** What the handler threw, or an error of code PATTERNS_LIMIT_REACHED when it took too long or is overloaded. */
  readonly error: unknown;
}

/** How a publication went. */
export interface PublishResult {
  /** The number of the event. */
  readonly sequence: number;
  /** Handlers that finished. */
  readonly delivered: number;
  /** Handlers that failed; one that fails stops no other. */
  readonly failures: readonly DeliveryFailure[];
}

/** Options of {@link createEventBus}. */
export interface EventBusOptions {
  /** How many of the last events are kept for `replay`. Defaults to 0. */
  readonly historyLimit?: number;
  /** The most subscriptions. Defaults to 10,000. */
  readonly subscriptionLimit?: number;
  /** The most deliveries of one subscription that have not settled; further events for it are dropped and counted. Defaults to 1,000. */
  readonly inFlightLimit?: number;
  /** How long `publish` waits for one handler, in milliseconds; the handler itself goes on. Defaults to 30,000. */
  readonly handlerTimeoutMs?: number;
  /** Told about each handler that failed. Defaults to a process warning. */
  readonly onHandlerError?: (failure: DeliveryFailure) => void;
  /** Time of `handlerTimeoutMs`. */
  readonly clock?: Clock;
}

/** Carries events from publishers to subscribers by topic. */
export interface EventBus<Events extends object> extends Disposable {
  /** Calls a handler, or an observer's `next`, for each event of a topic or of a pattern such as `track.*` or `**`. */
  subscribe<Pattern extends string>(
    pattern: TopicsOf<Events, Pattern> extends never ? never : Pattern,
    handler:
      | EventHandler<Events[TopicsOf<Events, Pattern>], TopicsOf<Events, Pattern>>
      | Observer<Events[TopicsOf<Events, Pattern>], TopicsOf<Events, Pattern>>,
    options?: SubscribeOptions,
  ): Disposable;
  /** The decorator form: subscribes the method of each instance, or, called with a function, that function. */
  subscribe<Pattern extends string>(
    pattern: TopicsOf<Events, Pattern> extends never ? never : Pattern,
  ): SubscribeDecorator<Events[TopicsOf<Events, Pattern>], TopicsOf<Events, Pattern>>;
  /** Ends a subscription; false when there is none of this pattern and handler. */
  unsubscribe(pattern: string, handler: object): boolean;
  /** Delivers an event and waits until each handler has settled or timed out; handlers run side by side unless `sequential`. */
  publish<Topic extends keyof Events & string>(
    topic: Topic,
    data: Events[Topic],
    options?: { readonly sequential?: boolean },
  ): Promise<PublishResult>;
  /** Delivers an event without waiting; the fast way. Failures go to `onHandlerError`. */
  emit<Topic extends keyof Events & string>(topic: Topic, data: Events[Topic]): void;
  /** How many subscriptions there are. */
  readonly subscriptionCount: number;
  /** Deliveries that were dropped because their subscription had too many in flight. */
  readonly dropped: number;
  /** Ends every subscription; later events reach nobody and later subscriptions are refused. */
  close(): void;
}

/** What `bus.subscribe(topic)` returns: a method decorator and a plain higher-order function. */
export type SubscribeDecorator<Data, Topic extends string> = <
  This,
  Handler extends (this: This, data: Data, event: BusEvent<Topic>) => unknown,
>(
  handler: Handler,
  context?: ClassMethodDecoratorContext<This, Handler>,
) => Handler;

function warnAboutHandler({ topic, error }: DeliveryFailure): void {
  process.emitWarning(`A handler of "${topic}" failed: ${describeError(error)}`, { code: "ANTIPHON_LISTENER_FAILED" });
}

function requireWhole(name: string, value: number, minimum: number): void {
  if (Number.isInteger(value) && value >= minimum) return;
  const message = `createEventBus: ${name} must be a whole number from ${minimum}, not ${value}.`;
  throw new PatternsError("PATTERNS_INVALID_ARGUMENT", message);
}

const invoke = (handler: unknown): Subscription["deliver"] =>
  typeof handler === "function"
    ? (handler as Subscription["deliver"])
    : (data, event) => (handler as { next: Subscription["deliver"] }).next(data, event);

/**
 * Builds an {@link EventBus}.
 *
 * @throws PatternsError PATTERNS_INVALID_ARGUMENT for a limit that is no whole number
 */
export function createEventBus<Events extends object>(options: EventBusOptions = {}): EventBus<Events> {
  const { historyLimit = 0, subscriptionLimit = 10_000, inFlightLimit = 1_000, handlerTimeoutMs = 30_000 } = options;
  const { onHandlerError = warnAboutHandler, clock = systemClock } = options;
  requireWhole("historyLimit", historyLimit, 0);
  requireWhole("subscriptionLimit", subscriptionLimit, 1);
  requireWhole("inFlightLimit", inFlightLimit, 1);
  const subscriptions = createSubscriptionList();
  const history = createEventHistory(historyLimit);
  let sequence = 0;
  let dropped = 0;
  let closed = false;

  const remove = (subscription: Subscription) => {
    if (!subscription.active) return;
    subscription.active = false;
    subscriptions.remove(subscription);
    subscription.release();
  };
  const report = (topic: string, { pattern }: Subscription, error: unknown): DeliveryFailure => {
    const failure = { topic, pattern, error };
    onHandlerError(failure);
    return failure;
  };
  const overloaded = (subscription: Subscription) => {
    dropped++;
    const { pattern } = subscription;
    const message = `The subscription to "${pattern}" has ${inFlightLimit} events in work that have not settled; this one is dropped.`;
    return new PatternsError("PATTERNS_LIMIT_REACHED", message);
  };
  /** Calls one handler; undefined when it has finished, otherwise a promise that settles with it. Throws what it throws. */
  const deliver = (subscription: Subscription, data: unknown, event: BusEvent): Promise<unknown> | undefined => {
    if (subscription.inFlight >= inFlightLimit) throw overloaded(subscription);
    if (subscription.once) remove(subscription);
    const result = subscription.deliver(data, event);
    if (!(result instanceof Promise)) return undefined;
    subscription.inFlight++;
    return result.finally(() => subscription.inFlight--);
  };
  const deliverAlone = (subscription: Subscription, data: unknown, event: BusEvent) => {
    if (!subscription.active) return;
    try {
      deliver(subscription, data, event)?.catch((error: unknown) => report(event.topic, subscription, error));
    } catch (error) {
      report(event.topic, subscription, error);
    }
  };
  const awaitDelivery = async (subscription: Subscription, data: unknown, event: BusEvent) => {
    try {
      const pending = deliver(subscription, data, event);
      if (pending !== undefined) await withDeadline(pending, handlerTimeoutMs, clock, subscription.pattern);
      return undefined;
    } catch (error) {
      return report(event.topic, subscription, error);
    }
  };
  const createEvent = (topic: string, data: unknown): BusEvent => {
    const event = { topic, sequence: ++sequence };
    if (historyLimit > 0) history.add(data, event);
    return event;
  };

  const add = (pattern: string, handler: unknown, settings: SubscribeOptions = {}): Disposable => {
    const { priority = 0, once = false, replay = 0, signal } = settings;
    if (closed) throw new PatternsError("PATTERNS_CLOSED", `Cannot subscribe to "${pattern}": the bus is closed.`);
    if (subscriptions.size >= subscriptionLimit) {
      const message = `Cannot subscribe to "${pattern}": the bus has its ${subscriptionLimit} subscriptions. Dispose those no longer needed.`;
      throw new PatternsError("PATTERNS_LIMIT_REACHED", message);
    }
    const dispose = () => remove(subscription);
    const subscription: Subscription = {
      pattern,
      priority,
      once,
      handler,
      inFlight: 0,
      active: signal?.aborted !== true,
      deliver: invoke(handler),
      release: () => signal?.removeEventListener("abort", dispose),
    };
    if (!subscription.active) return { [Symbol.dispose]: dispose };
    subscriptions.add(subscription);
    signal?.addEventListener("abort", dispose, { once: true });
    const missed = replay > 0 ? history.last(replay, (topic) => matchesTopic(pattern, topic)) : [];
    for (const { data, event } of missed) deliverAlone(subscription, data, event);
    return { [Symbol.dispose]: dispose };
  };
  const decorate =
    (pattern: string) =>
    (handler: (...parameters: never[]) => unknown, context?: ClassMethodDecoratorContext<unknown, never>) => {
      if (context === undefined) add(pattern, handler);
      else
        context.addInitializer(function subscribeInstance() {
          add(pattern, handler.bind(this as never));
        });
      return handler;
    };
  const subscribe = (pattern: string, handler?: object, settings?: SubscribeOptions) =>
    handler === undefined ? decorate(pattern) : add(pattern, handler, settings);

  const close = () => {
    closed = true;
    for (const subscription of subscriptions.all()) remove(subscription);
  };
  return {
    subscribe: subscribe as EventBus<Events>["subscribe"],
    unsubscribe(pattern, handler) {
      const subscription = subscriptions.find(pattern, handler);
      if (subscription !== undefined) remove(subscription);
      return subscription !== undefined;
    },
    async publish(topic, data, { sequential = false } = {}) {
      const event = createEvent(topic, data);
      const receivers = subscriptions.forTopic(topic);
      const failures: (DeliveryFailure | undefined)[] = [];
      if (sequential) {
        for (const each of receivers) if (each.active) failures.push(await awaitDelivery(each, data, event));
      } else {
        failures.push(...(await Promise.all(receivers.map((each) => awaitDelivery(each, data, event)))));
      }
      const failed = failures.filter((failure) => failure !== undefined);
      return { sequence: event.sequence, delivered: failures.length - failed.length, failures: failed };
    },
    emit(topic, data) {
      const event = createEvent(topic, data);
      for (const subscription of subscriptions.forTopic(topic)) deliverAlone(subscription, data, event);
    },
    get subscriptionCount() {
      return subscriptions.size;
    },
    get dropped() {
      return dropped;
    },
    close,
    [Symbol.dispose]: close,
  };
}

/** Waits for a handler up to its deadline. The handler goes on; what it throws later is ignored, because its failure is reported already. */
async function withDeadline(
  pending: Promise<unknown>,
  timeoutMs: number,
  clock: Clock,
  pattern: string,
): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimer(timeoutMs, () => {
    const message = `A handler of "${pattern}" has not settled within ${timeoutMs} ms.`;
    reject(new PatternsError("PATTERNS_LIMIT_REACHED", message));
  });
  try {
    await Promise.race([pending, late]);
  } finally {
    timer.cancel();
  }
}
