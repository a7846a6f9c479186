import { createContainer, type AnyToken, type Container, type Token, type ValuesOf } from "../di/index.ts";
import { PatternsError } from "../error.ts";

/** What a factory can make under one name. */
export interface Product<Parameters extends readonly unknown[], Result> {
  /** What `create` is given after the name. */
  readonly parameters: Parameters;
  /** What `create` returns. */
  readonly result: Result;
}

/** Makes service instances by name: dependencies come from a container, the rest from the call. */
export interface ServiceFactory<Known extends object> {
  /**
   * Adds a creator: a function of what `inject` names, that returns a function of what the call passes.
   *
   * @throws PatternsError PATTERNS_INVALID_ARGUMENT for a name twice
   */
  register<
    Name extends string,
    const Tokens extends readonly AnyToken[],
    Parameters extends readonly unknown[],
    Result,
  >(
    name: Name,
    inject: Tokens,
    creator: (...dependencies: ValuesOf<Tokens>) => (...parameters: Parameters) => Result,
  ): ServiceFactory<Known & Readonly<Record<Name, Product<Parameters, Result>>>>;
  /**
   * Makes an instance; who asked for it owns and closes it.
   *
   * @throws PatternsError PATTERNS_SERVICE_NOT_REGISTERED, and what the container or the creator throws
   */
  create<Name extends keyof Known & string>(
    name: Name,
    ...parameters: Known[Name] extends { readonly parameters: infer Parameters extends readonly unknown[] }
      ? Parameters
      : never
  ): Known[Name] extends { readonly result: infer Result } ? Result : never;
  /** Whether something of that name can be made. */
  has(name: string): boolean;
  /** The names, in the order in which they were added. */
  readonly names: readonly string[];
}

interface Entry {
  readonly inject: readonly AnyToken[];
  readonly creator: (...dependencies: readonly unknown[]) => (...parameters: readonly unknown[]) => unknown;
}

/** Builds a {@link ServiceFactory} over a container; without one, over an empty container. */
export function createServiceFactory(container: Container = createContainer()): ServiceFactory<object> {
  const entries = new Map<string, Entry>();
  // Each registration widens the type of what is the same object, which the compiler cannot follow.
  const factory = {
    register(name: string, inject: Entry["inject"], creator: Entry["creator"]) {
      if (entries.has(name)) {
        throw new PatternsError("PATTERNS_INVALID_ARGUMENT", `The factory has a "${name}" already.`);
      }
      entries.set(name, { inject, creator });
      return factory;
    },
    create(name: string, ...parameters: readonly unknown[]) {
      const entry = entries.get(name);
      if (entry === undefined) {
        const known = entries.size === 0 ? "nothing yet" : [...entries.keys()].join(", ");
        const message = `The factory cannot make "${name}"; it makes ${known}.`;
        throw new PatternsError("PATTERNS_SERVICE_NOT_REGISTERED", message, { details: { service: name } });
      }
      const dependencies = entry.inject.map((each) => container.get(each as Token<unknown>));
      return entry.creator(...dependencies)(...parameters);
    },
    has: (name: string) => entries.has(name),
    get names() {
      return [...entries.keys()];
    },
  };
  return factory as unknown as ServiceFactory<object>;
}
