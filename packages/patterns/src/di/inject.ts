import { AsyncLocalStorage } from "node:async_hooks";
import { PatternsError } from "../error.ts";
import type { Container } from "./container.ts";
import type { AnyToken, Token, ValueOf, ValuesOf } from "./token.ts";

const storage = new AsyncLocalStorage<Container>();

/** The container of the synchronous call in progress: building is too frequent for an AsyncLocalStorage each time. */
let building: Container | undefined;

/** Runs a synchronous `task` with a container as the current one, until it returns. */
export function buildWithContainer<Result>(container: Container, task: () => Result): Result {
  const outer = building;
  building = container;
  try {
    return task();
  } finally {
    building = outer;
  }
}

/** Runs `task` with a container as the current one, also after each `await`. */
export function runWithContainer<Result>(container: Container, task: () => Result): Result {
  return storage.run(container, () => buildWithContainer(container, task));
}

/** The container that the current call runs in. @throws PatternsError PATTERNS_CONTEXT_MISSING when there is none */
export function currentContainer(): Container {
  const container = building ?? storage.getStore();
  if (container !== undefined) return container;
  throw new PatternsError(
    "PATTERNS_CONTEXT_MISSING",
    "inject: no container is current. Call the function in container.run(), or build the object through a container.",
  );
}

/** What {@link inject} returns. */
export interface Injector<Tokens extends readonly AnyToken[]> {
  /** The decorator form: an `accessor` whose value comes from the container that builds the object. */
  <This>(
    target: ClassAccessorDecoratorTarget<This, ValueOf<Tokens[0]>>,
    context: ClassAccessorDecoratorContext<This, ValueOf<Tokens[0]>>,
  ): ClassAccessorDecoratorResult<This, ValueOf<Tokens[0]>>;
  /** The higher-order form: a function that is called without its first parameters, which come from the current container. */
  <Rest extends readonly unknown[], Result>(
    target: (...parameters: [...ValuesOf<Tokens>, ...Rest]) => Result,
  ): (...rest: Rest) => Result;
}

function accessorOf(dependency: Token<unknown>): ClassAccessorDecoratorResult<object, unknown> {
  const values = new WeakMap<object, () => unknown>();
  return {
    init(initial) {
      const container = currentContainer();
      let known: { readonly value: unknown } | undefined;
      // Asked for on first use, so that two services may know each other through accessors.
      values.set(this, () => (known ??= { value: container.get(dependency) }).value);
      return initial;
    },
    get() {
      return values.get(this)?.();
    },
    set() {
      throw new PatternsError("PATTERNS_INVALID_ARGUMENT", `The injected "${dependency.name}" cannot be assigned to.`);
    },
  };
}

/**
 * Supplies dependencies: on an accessor, `@inject(Config) accessor config!: AppConfig`, or around a function,
 * `inject(Config, Log)((config, log, text: string) => …)`.
 */
export function inject<const Tokens extends readonly [AnyToken, ...AnyToken[]]>(...tokens: Tokens): Injector<Tokens> {
  const injector = (target: unknown, context?: ClassAccessorDecoratorContext) => {
    if (context !== undefined) return accessorOf(tokens[0]);
    const call = target as (...parameters: readonly unknown[]) => unknown;
    return (...rest: readonly unknown[]) => {
      const container = currentContainer();
      return call(...tokens.map((each) => container.get(each as Token<unknown>)), ...rest);
    };
  };
  return injector as Injector<Tokens>;
}
