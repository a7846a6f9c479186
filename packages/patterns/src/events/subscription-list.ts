import { matchesTopic } from "./topic-pattern.ts";

/** What a bus keeps of one subscription. */
export interface Subscription {
  readonly pattern: string;
  readonly priority: number;
  readonly once: boolean;
  readonly handler: unknown;
  /** Calls the handler. */
  deliver(data: unknown, event: object): unknown;
  /** Deliveries that have not settled. */
  inFlight: number;
  active: boolean;
  /** Undoes what the subscription set up elsewhere, such as its signal's listener. */
  release(): void;
}

/** A bound on the topics whose subscribers are remembered; topics made from data must not fill the memory. */
const TOPICS_LIMIT = 1_000;

/** The subscriptions of a bus, by topic, the highest priority first. */
export interface SubscriptionList {
  readonly size: number;
  add(subscription: Subscription): void;
  remove(subscription: Subscription): void;
  find(pattern: string, handler: unknown): Subscription | undefined;
  /** Who hears this topic; the array is never changed afterwards. */
  forTopic(topic: string): readonly Subscription[];
  all(): readonly Subscription[];
}

/** Builds a {@link SubscriptionList}. */
export function createSubscriptionList(): SubscriptionList {
  let subscriptions: readonly Subscription[] = [];
  const byTopic = new Map<string, readonly Subscription[]>();
  return {
    get size() {
      return subscriptions.length;
    },
    add(subscription) {
      // Behind those of the same priority: who came first is called first.
      const found = subscriptions.findIndex(({ priority }) => priority < subscription.priority);
      subscriptions = subscriptions.toSpliced(found === -1 ? subscriptions.length : found, 0, subscription);
      byTopic.clear();
    },
    remove(subscription) {
      subscriptions = subscriptions.filter((each) => each !== subscription);
      byTopic.clear();
    },
    find: (pattern, handler) => subscriptions.find((each) => each.pattern === pattern && each.handler === handler),
    forTopic(topic) {
      const known = byTopic.get(topic);
      if (known !== undefined) return known;
      const found = subscriptions.filter(({ pattern }) => matchesTopic(pattern, topic));
      if (byTopic.size >= TOPICS_LIMIT) byTopic.clear();
      byTopic.set(topic, found);
      return found;
    },
    all: () => subscriptions,
  };
}
