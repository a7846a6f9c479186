import type { AnyToken, ValuesOf } from "./token.ts";

/**
 * How long an instance lives: one for the container that registered it, one for each container that asks, or a new one each time.
 */
export const Lifetimes = ["singleton", "scoped", "transient"] as const;

/** One of {@link Lifetimes}. */
export type Lifetime = (typeof Lifetimes)[number];

/** What every way of building a service takes. */
export interface BuildOptions<T> {
  /** How long an instance lives. Defaults to `singleton`. */
  readonly lifetime?: Lifetime;
  /** Frees an instance when its container closes. Defaults to the instance's `Symbol.asyncDispose`, `Symbol.dispose` or `close`. */
  readonly dispose?: (instance: T) => unknown;
}

/** A value that exists already; the container never disposes it. */
export interface ValueRegistration<T> {
  /** The service itself. */
  readonly useValue: T;
}

/** A class whose constructor takes what `inject` names. */
export interface ClassRegistration<T, Tokens extends readonly AnyToken[]> extends BuildOptions<T> {
  /** The class. */
  readonly useClass: new (...dependencies: ValuesOf<Tokens>) => T;
  /** The tokens of the constructor's parameters, in their order. */
  readonly inject: Tokens;
}

/** A class that says by {@link injectable} what its constructor takes, or takes nothing. */
export interface InjectableRegistration<T> extends BuildOptions<T> {
  /** The class. */
  readonly useClass: new (...dependencies: never[]) => T;
  readonly inject?: undefined;
}

/** A function that builds the service from its dependencies. */
export interface FactoryRegistration<T, Tokens extends readonly AnyToken[]> extends BuildOptions<T> {
  /** Builds an instance. */
  readonly useFactory: (...dependencies: ValuesOf<Tokens>) => T;
  /** The tokens of the function's parameters, in their order. */
  readonly inject?: Tokens;
}

/** A function that builds the service and takes its time; such a service is asked for with `getAsync`. */
export interface AsyncFactoryRegistration<T, Tokens extends readonly AnyToken[]> extends BuildOptions<T> {
  /** Builds an instance. */
  readonly useAsyncFactory: (...dependencies: ValuesOf<Tokens>) => Promise<T>;
  /** The tokens of the function's parameters, in their order. */
  readonly inject?: Tokens;
}

/** One way of providing a service. */
export type Registration<T, Tokens extends readonly AnyToken[]> =
  | ValueRegistration<T>
  | ClassRegistration<T, Tokens>
  | InjectableRegistration<T>
  | FactoryRegistration<T, Tokens>
  | AsyncFactoryRegistration<T, Tokens>;

type Build = (dependencies: readonly unknown[]) => unknown;

/** A registration in the one form that the container works with. */
export interface Provider {
  readonly build: Build;
  readonly isAsync: boolean;
  readonly isValue: boolean;
  readonly lifetime: Lifetime;
  readonly dependencies: readonly AnyToken[];
  readonly dispose: ((instance: never) => unknown) | undefined;
}

const dependenciesOfClass = new WeakMap<object, readonly AnyToken[]>();

/**
 * Declares what a class's constructor takes; decorator and higher-order function. The tokens' types are checked against the
 * constructor's parameters.
 */
export function injectable<const Tokens extends readonly AnyToken[]>(...tokens: Tokens) {
  return <Class extends new (...dependencies: ValuesOf<Tokens>) => object>(
    target: Class,
    _context?: ClassDecoratorContext<Class>,
  ): Class => {
    dependenciesOfClass.set(target, tokens);
    return target;
  };
}

/** Brings a registration into the container's form. */
export function toProvider(registration: Registration<unknown, readonly AnyToken[]>): Provider {
  if ("useValue" in registration) {
    const build = () => registration.useValue;
    return { build, isAsync: false, isValue: true, lifetime: "singleton", dependencies: [], dispose: undefined };
  }
  const { lifetime = "singleton", dispose, inject } = registration;
  const common = { isValue: false, lifetime, dispose } as const;
  if ("useClass" in registration) {
    const Service = registration.useClass as new (...dependencies: readonly unknown[]) => unknown;
    const dependencies = inject ?? dependenciesOfClass.get(Service) ?? [];
    return { ...common, build: (values) => new Service(...values), isAsync: false, dependencies };
  }
  const isAsync = "useAsyncFactory" in registration;
  const factory = isAsync ? registration.useAsyncFactory : registration.useFactory;
  return { ...common, build: (values) => factory(...values), isAsync, dependencies: inject ?? [] };
}
