import type { Invalidation } from "./cache-level.ts";

/** The most keys and tags that are remembered one by one. */
const LIMIT = 10_000;

/** What a shared level could not be told while it was away: it holds old values for these until it is told. */
export class MissedChanges {
  readonly #keys = new Set<string>();
  readonly #tags = new Set<string>();
  #isAll = false;

  /** Whether there is nothing to tell. */
  get isEmpty(): boolean {
    return !this.#isAll && this.#keys.size + this.#tags.size === 0;
  }

  /** Remembers a change; when there are too many, that everything has changed. */
  add(change: Invalidation): void {
    if (change.type === "keys") for (const key of change.keys) this.#keys.add(key);
    else if (change.type === "tag") this.#tags.add(change.tag);
    if (change.type !== "all" && this.#keys.size + this.#tags.size <= LIMIT) return;
    this.#isAll = true;
    this.#keys.clear();
    this.#tags.clear();
  }

  /** Takes out what is to be told now. */
  take(): Invalidation[] {
    const changes: Invalidation[] = this.#isAll
      ? [{ type: "all" }]
      : [...[...this.#tags].map((tag) => ({ type: "tag" as const, tag })), { type: "keys", keys: [...this.#keys] }];
    this.#isAll = false;
    this.#keys.clear();
    this.#tags.clear();
    return changes;
  }
}
