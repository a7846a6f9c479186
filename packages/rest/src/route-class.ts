import type { Policy } from "@antiphon/std";

/**
 * What a route is about, as far as its failures go: `interactions` for what carries a token of its own, `messages` for writing
 * messages, `reads` for every other GET, `writes` for the rest.
 */
export type RouteClass = "interactions" | "messages" | "reads" | "writes";

/** How requests of a class are sent again after a 5xx or a network failure. */
export interface RetryPolicy {
  /** How often. Defaults to `retries` of the client. */
  readonly retries?: number | undefined;
  /** The longest first pause. Defaults to 500 ms. */
  readonly baseMs?: number | undefined;
  /** The longest later pause. Defaults to 30,000 ms. */
  readonly maximumMs?: number | undefined;
}

/** What a client does per class of routes. */
export type ByRouteClass<T> = Readonly<Partial<Record<RouteClass, T | undefined>>>;

/** Policies per class, such as circuit breakers. */
export type RoutePolicies = ByRouteClass<Policy>;
