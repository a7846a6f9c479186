import { AsyncLocalStorage } from "node:async_hooks";
import { createMethodWrapper, type MethodWrapper } from "../method-wrapper.ts";

/** For whom and where a piece of work runs, so that its failures can be told apart. */
export interface ErrorContext {
  /** The named stages that the work is in, from the outermost to the innermost. */
  readonly stages: readonly string[];
  /** The guild it is for. */
  readonly guildId?: string | undefined;
  /** The channel it is for. */
  readonly channelId?: string | undefined;
  /** The user it is for. */
  readonly userId?: string | undefined;
  /** The request it answers. */
  readonly requestId?: string | undefined;
  /** Further plain facts; never a secret. */
  readonly [field: string]: unknown;
}

/** What {@link errorContext} adds to the context around it. */
export type ErrorContextFields = Readonly<Partial<Omit<ErrorContext, "stages">>>;

const storage = new AsyncLocalStorage<ErrorContext>();
const contexts = new WeakMap<object, ErrorContext>();
const outside: ErrorContext = { stages: [] };

/** The context that the current call runs in; without stages when there is none. */
export function currentErrorContext(): ErrorContext {
  return storage.getStore() ?? outside;
}

/** The context in which an error was first thrown, if {@link runInErrorContext} or {@link errorContext} saw it. */
export function contextOfError(error: unknown): ErrorContext | undefined {
  return typeof error === "object" && error !== null ? contexts.get(error) : undefined;
}

/** Runs `task` in a named stage; whatever it throws remembers the stage, which {@link contextOfError} and an ErrorManager read. */
export async function runInErrorContext<Result>(
  stage: string,
  fields: ErrorContextFields,
  task: () => Promise<Result> | Result,
): Promise<Result> {
  const parent = currentErrorContext();
  const context: ErrorContext = { ...parent, ...fields, stages: [...parent.stages, stage] };
  return storage.run(context, async () => {
    try {
      return await task();
    } catch (error) {
      // The innermost stage knows most, so an outer one never replaces it.
      if (typeof error === "object" && error !== null && !contexts.has(error)) contexts.set(error, context);
      throw error;
    }
  });
}

/**
 * Names the stage in which errors of a function arise; decorator and higher-order function.
 *
 * There is no `using` form: a scope entered in an asynchronous function would leak into its caller until the first `await`.
 */
export function errorContext(stage: string, fields: ErrorContextFields = {}): MethodWrapper {
  return createMethodWrapper((call) => runInErrorContext(stage, fields, call));
}
