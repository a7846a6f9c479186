import { runMiddlewares, type AnyInteractionContext, type Middleware } from "./middleware.ts";
import type { Responder } from "./responder.ts";

/** An interaction with its context built, ready to run. */
export interface Route {
  readonly context: AnyInteractionContext;
  run(middlewares: readonly Middleware[]): Promise<void>;
}

/** The handler that was found for an interaction. */
export interface RouteTarget {
  /** Whether an automatic deferral is seen by the user alone. */
  readonly ephemeral: boolean;
  /** Builds the context. @throws {@link CoreError} `CORE_INTERACTION_MALFORMED` */
  enter(responder: Responder, signal: AbortSignal): Route;
}

/** A {@link Route} of a context to its handler. */
export function route<Context extends AnyInteractionContext>(
  context: Context,
  handler: (context: Context) => Promise<void> | void,
): Route {
  return { context, run: (middlewares) => runMiddlewares(middlewares, context, () => handler(context)) };
}
