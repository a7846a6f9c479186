import { PatternsError } from "../error.ts";

type AnyFunction = (...parameters: never[]) => unknown;

/** One call of a spy. */
export interface SpyCall<Call extends AnyFunction> {
  /** What it was called with. */
  readonly parameters: Parameters<Call>;
  /** What it returned; undefined when it threw. */
  readonly result?: ReturnType<Call>;
  /** What it threw. */
  readonly error?: unknown;
}

/** A function that remembers its calls. */
export interface Spy<Call extends AnyFunction> {
  /** The function to hand out; it passes `this` on. */
  readonly function: Call;
  /** The calls so far, the oldest first. */
  readonly calls: readonly SpyCall<Call>[];
  /** Lets the next call throw. */
  failNext(error: unknown): void;
  /** Forgets calls and failures to come. */
  reset(): void;
}

/** Watches a function. */
export function spyOn<Call extends AnyFunction>(original: Call): Spy<Call> {
  const calls: SpyCall<Call>[] = [];
  const failures: unknown[] = [];
  function watched(this: unknown, ...parameters: Parameters<Call>): unknown {
    try {
      if (failures.length > 0) throw failures.shift();
      const result = original.apply(this, parameters) as ReturnType<Call>;
      calls.push({ parameters, result });
      return result;
    } catch (error) {
      calls.push({ parameters, error });
      throw error;
    }
  }
  return {
    function: watched as unknown as Call,
    calls,
    failNext: (error) => void failures.push(error),
    reset() {
      calls.length = 0;
      failures.length = 0;
    },
  };
}

type MethodName<Service> = {
  [Name in keyof Service]: Service[Name] extends AnyFunction ? Name : never;
}[keyof Service] &
  string;
type MethodOf<Service, Name extends keyof Service> = Service[Name] extends AnyFunction ? Service[Name] : never;

/** A stand-in for a service. */
export interface Mock<Service extends object> {
  /** The stand-in to hand out. */
  readonly object: Service;
  /** What is known of a method's calls. */
  spy<Name extends MethodName<Service>>(name: Name): Spy<MethodOf<Service, Name>>;
  /** Lets the next call of a method throw, or reject when `rejects` is true, as asynchronous methods do. */
  failNext(name: MethodName<Service>, error: unknown, options?: { readonly rejects?: boolean }): void;
  /** Forgets all calls and failures to come. */
  reset(): void;
}

/**
 * Builds a {@link Mock} from the members that the test needs. Using one that was not given throws, naming it, so that a test never goes
 * on with a value that nobody chose.
 */
export function createMock<Service extends object>(name: string, members: Partial<Service>): Mock<Service> {
  const spies = new Map<string, Spy<AnyFunction>>();
  const rejections = new Map<string, unknown[]>();
  const watch = (method: string, original: AnyFunction): Spy<AnyFunction> => {
    const call = function call(this: unknown, ...parameters: never[]): unknown {
      const waiting = rejections.get(method);
      if (waiting !== undefined && waiting.length > 0) return Promise.reject(waiting.shift());
      return original.apply(this, parameters);
    };
    const spy = spyOn(call);
    spies.set(method, spy);
    return spy;
  };
  for (const [member, value] of Object.entries(members)) {
    if (typeof value === "function") watch(member, value as AnyFunction);
  }
  const missing = (member: string) =>
    new PatternsError(
      "PATTERNS_INVALID_ARGUMENT",
      `The mock "${name}" has no "${member}". Give it one, or do not use it.`,
    );
  const spyFor = (method: string): Spy<AnyFunction> => {
    const spy = spies.get(method);
    if (spy === undefined) throw missing(method);
    return spy;
  };
  const object = new Proxy(members as Service, {
    get(target, member, receiver) {
      if (typeof member === "symbol" || member in target) {
        const spy = typeof member === "string" ? spies.get(member) : undefined;
        return spy === undefined ? (Reflect.get(target, member, receiver) as unknown) : spy.function;
      }
      // Asked by `await` and by printers of test runners of any value that they meet.
      if (member === "then" || member === "toJSON" || member === "asymmetricMatch") return undefined;
      throw missing(member);
    },
  });
  return {
    object,
    spy: (method) => spyFor(method) as never,
    failNext(method, error, { rejects = false } = {}) {
      const spy = spyFor(method);
      if (rejects) rejections.set(method, [...(rejections.get(method) ?? []), error]);
      else spy.failNext(error);
    },
    reset() {
      rejections.clear();
      for (const spy of spies.values()) spy.reset();
    },
  };
}
