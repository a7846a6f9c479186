import type { Registration } from "./registration.ts";
import type { AnyToken, Token } from "./token.ts";

/** Gives services by their tokens. */
export interface Resolver {
  /**
   * The service, built with what it needs if it does not exist yet.
   *
   * @throws PatternsError PATTERNS_SERVICE_NOT_REGISTERED, PATTERNS_DEPENDENCY_CYCLE, PATTERNS_SCOPE_MISMATCH, PATTERNS_CLOSED, and
   * PATTERNS_SERVICE_NOT_READY when it or something it needs is built asynchronously and was not yet
   */
  get<T>(token: Token<T>): T;
  /** The service, waiting for what is built asynchronously; callers that ask at the same time share one build. */
  getAsync<T>(token: Token<T>, options?: { readonly signal?: AbortSignal | undefined }): Promise<T>;
  /** Whether this container or one above it has the service. */
  has(token: AnyToken): boolean;
}

/** Builds services, keeps them for as long as they live, and disposes them. */
export interface Container extends Resolver, AsyncDisposable {
  /** Sets how a service is provided; the last registration of a container counts, and one in a child hides its parent's. */
  register<T, const Tokens extends readonly AnyToken[] = readonly []>(
    token: Token<T>,
    registration: Registration<T, Tokens>,
  ): Container;
  /** A container that inherits the registrations and singletons of this one and has scoped services of its own. Close it before this one. */
  createChild(): Container;
  /** Checks that every dependency is registered and that none needs itself. @throws PatternsError with the first problem's code */
  verify(): void;
  /** Runs `task` with this container as the one that `inject` asks. */
  run<Result>(task: () => Result): Result;
  /**
   * Disposes what the container built, the newest first; one that fails stops no other. Idempotent. What is being built is disposed as
   * soon as it is ready, and whoever waits for it gets PATTERNS_CLOSED.
   *
   * @throws PatternsError PATTERNS_SHUTDOWN_FAILED with every failure in its cause
   */
  close(): Promise<void>;
}
