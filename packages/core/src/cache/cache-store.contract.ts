import { describe, expect, it } from "vitest";
import type { CacheStoreFactory } from "./cache-store.ts";

/** What every {@link CacheStoreFactory} must do; run it on one of your own. */
export function describeCacheStore(name: string, createStore: CacheStoreFactory): void {
  const setup = (limit: number) => {
    const evicted: string[] = [];
    return { evicted, store: createStore<string>({ kind: "users", limit, onEvict: (key) => evicted.push(key) }) };
  };

  describe(`${name} as a cache store`, () => {
    it("reads what was written, replaces and deletes", () => {
      const { evicted, store } = setup(10);
      store.set("a", "1");
      store.set("a", "2");
      store.set("b", "3");
      expect([store.get("a"), store.get("x"), store.size, [...store.values()].toSorted()]).toEqual([
        "2",
        undefined,
        2,
        ["2", "3"],
      ]);
      expect([store.delete("a"), store.delete("a"), store.get("a"), store.size]).toEqual([true, false, undefined, 1]);
      store.clear();
      expect([store.size, evicted]).toEqual([0, []]);
    });

    it("never holds more than its limit, and tells each eviction", () => {
      const { evicted, store } = setup(3);
      for (let index = 0; index < 20; index++) {
        store.set(`k${index}`, "v");
        expect(store.size).toBeLessThanOrEqual(3);
      }
      expect(store.size + evicted.length).toBe(20);
      for (const key of evicted) expect(store.get(key)).toBeUndefined();
    });

    it("replaces without evicting when it is full", () => {
      const { evicted, store } = setup(2);
      store.set("a", "1");
      store.set("b", "2");
      store.set("a", "3");
      expect([store.get("a"), store.get("b"), evicted]).toEqual(["3", "2", []]);
    });
  });
}
