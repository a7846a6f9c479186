/** Something that runs a call its own way: a retry, a breaker, a limiter, or several of them composed. */
export interface Policy {
  /** Runs `task`, passing it the signal it must obey, and gives its result. */
  execute<T>(
    task: (context: { readonly signal: AbortSignal }) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>;
}
