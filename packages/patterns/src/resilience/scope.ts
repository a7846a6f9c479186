import { abortReason } from "@antiphon/std";

type AbortListener = (reason: unknown) => void;

const ignore = () => {};

/**
 * The life of one call: a tree of these takes the place of chained AbortControllers, which cost more than everything else that
 * the policies do. The AbortSignal is made when a task asks for it.
 */
export class Scope {
  readonly #source: AbortSignal | undefined;
  #controller: AbortController | undefined;
  /** Most scopes have one listener, and a set for it would cost as much as the rest of the call. */
  #listener: AbortListener | undefined;
  #otherListeners: Set<AbortListener> | undefined;
  #detach: () => void = ignore;
  #isAborted = false;
  #reason: unknown;

  constructor(source?: AbortSignal) {
    this.#source = source;
  }

  /** Whether the call should end. */
  get aborted(): boolean {
    return this.#isAborted || this.#source?.aborted === true;
  }

  /** Why the call should end; defined once it is aborted. */
  get reason(): unknown {
    return this.#isAborted || this.#source === undefined ? this.#reason : abortReason(this.#source);
  }

  /** Whether nobody can abort it. */
  get isEndless(): boolean {
    return this === Scope.endless;
  }

  /** The signal that a task obeys. */
  get signal(): AbortSignal {
    if (this.#source !== undefined) return this.#source;
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Ends this call and those below it. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.(reason);
    for (const listener of this.#otherListeners ?? []) listener(reason);
  }

  /** Calls `listener` once when this scope aborts, at once if it has; the result takes it back. */
  onAbort(listener: AbortListener): () => void {
    if (this.aborted) {
      listener(this.reason);
      return ignore;
    }
    const source = this.#source;
    if (source !== undefined) {
      const onAbort = () => listener(abortReason(source));
      source.addEventListener("abort", onAbort, { once: true });
      return () => source.removeEventListener("abort", onAbort);
    }
    if (this.#listener === undefined) {
      this.#listener = listener;
      return () => (this.#listener = undefined);
    }
    const others = (this.#otherListeners ??= new Set());
    others.add(listener);
    return () => void others.delete(listener);
  }

  /** A scope below this one; give it back with `release`. */
  fork(): Scope {
    const child = new Scope();
    // Nobody can abort the root of a call that came without a signal.
    if (!this.isEndless) child.#detach = this.onAbort((reason) => child.abort(reason));
    return child;
  }

  /** Cuts the scope off from the one above it. */
  release(): void {
    this.#detach();
  }

  /** The root of calls that came without a signal. */
  static readonly endless = new Scope();
}
