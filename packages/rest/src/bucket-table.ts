/** Buckets by the route or hash that they belong to, and the resource that they count for. */
export interface BucketTable<T> {
  get(name: string, major: string): T | undefined;
  set(name: string, major: string, entry: T): void;
  delete(name: string, major: string): void;
  /** Drops what `isUnused` says may go. */
  prune(isUnused: (entry: T) => boolean): void;
  values(): Iterable<T>;
  clear(): void;
  /** How many there are. */
  readonly size: number;
}

/** Builds a {@link BucketTable}: two maps deep, for every request looks here, and joining two texts costs more than both look-ups. */
export function createBucketTable<T>(): BucketTable<T> {
  const byName = new Map<string, Map<string, T>>();
  let size = 0;

  const remove = (name: string, byMajor: Map<string, T>, major: string) => {
    if (!byMajor.delete(major)) return;
    size--;
    if (byMajor.size === 0) byName.delete(name);
  };

  return {
    get: (name, major) => byName.get(name)?.get(major),
    set(name, major, entry) {
      let byMajor = byName.get(name);
      if (byMajor === undefined) byName.set(name, (byMajor = new Map()));
      if (!byMajor.has(major)) size++;
      byMajor.set(major, entry);
    },
    delete(name, major) {
      const byMajor = byName.get(name);
      if (byMajor !== undefined) remove(name, byMajor, major);
    },
    prune(isUnused) {
      for (const [name, byMajor] of byName)
        for (const [major, entry] of byMajor) if (isUnused(entry)) remove(name, byMajor, major);
    },
    *values() {
      for (const byMajor of byName.values()) yield* byMajor.values();
    },
    clear() {
      byName.clear();
      size = 0;
    },
    get size() {
      return size;
    },
  };
}
