import type { AutocompleteContext } from "./autocomplete.ts";
import type { CommandContext } from "./command.ts";
import type { ComponentContext, ModalContext } from "./component.ts";
import type { MessageCommandContext, UserCommandContext } from "./context-menu-command.ts";
import type { EntryPointContext } from "./entry-point-command.ts";

/** Any interaction that is routed; `kind` tells which. */
export type AnyInteractionContext =
  | CommandContext
  | UserCommandContext
  | MessageCommandContext
  | EntryPointContext
  | ComponentContext
  | ModalContext
  | AutocompleteContext;

/** Runs around every handler; the handler runs inside `next()`, and not at all when that is not called. */
export type Middleware = (context: AnyInteractionContext, next: () => Promise<void>) => Promise<void>;

/** Runs the middlewares in order, then the handler; what any of them throws comes out. */
export function runMiddlewares(
  middlewares: readonly Middleware[],
  context: AnyInteractionContext,
  handler: () => Promise<void> | void,
): Promise<void> {
  const run = async (index: number): Promise<void> => {
    const middleware = middlewares[index];
    if (middleware === undefined) await handler();
    else await middleware(context, () => run(index + 1));
  };
  return run(0);
}
