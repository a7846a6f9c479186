import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CacheShelf } from "./cache-shelf.ts";

interface Entry {
  readonly text: string;
}

/** What every {@link CacheShelf} must do. */
export function describeCacheShelf(name: string, createShelf: () => CacheShelf<Entry>): void {
  describe(`${name} as a shelf`, () => {
    it("holds what a Map would, through any writes, deletions and evictions", () => {
      const key = fc.oneof(
        fc.integer({ min: 0, max: 40 }).map((index) => String(1_400_000_000_000_000_000n + BigInt(index) * 4_194_304n)),
        fc.constantFrom("0", "7", "no snowflake", "007"),
      );
      const action = fc.oneof(
        { arbitrary: fc.tuple(fc.constant("set" as const), key, fc.string({ maxLength: 400 })), weight: 5 },
        fc.tuple(fc.constantFrom("delete" as const, "touch" as const), key, fc.constant("")),
        fc.tuple(fc.constant("evict" as const), fc.constant(""), fc.constant("")),
      );
      fc.assert(
        fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
          const shelf = createShelf();
          const model = new Map<string, Entry>();
          for (const [type, id, text] of actions) {
            if (type === "set") {
              shelf.set(id, { text });
              model.set(id, { text });
            } else if (type === "delete") expect(shelf.delete(id)).toBe(model.delete(id));
            else if (type === "touch") shelf.touch(id);
            else {
              const evicted = shelf.evict();
              expect(evicted === undefined).toBe(model.size === 0);
              if (evicted !== undefined) expect(model.delete(evicted)).toBe(true);
            }
            expect(shelf.size).toBe(model.size);
          }
          expect(new Map(shelf.entries())).toEqual(model);
          for (const [id, value] of model) expect(shelf.get(id)).toEqual(value);
          expect(shelf.get("99")).toBeUndefined();
        }),
      );
    });

    it("evicts the oldest first, and spares what was used", () => {
      const shelf = createShelf();
      for (const id of ["1", "2", "3", "4"]) shelf.set(id, { text: id });
      shelf.touch("1");
      shelf.touch("3");
      expect([shelf.evict(), shelf.evict(), shelf.size]).toEqual(["2", "4", 2]);
      expect([shelf.evict(), shelf.evict(), shelf.evict()]).toEqual(["1", "3", undefined]);
    });

    it("knows about how much memory it takes, and gives it back", () => {
      const shelf = createShelf();
      const emptyBytes = shelf.sizeBytes;
      for (let index = 1; index <= 500; index++) shelf.set(String(index), { text: "x".repeat(100) });
      expect(shelf.sizeBytes).toBeGreaterThan(500 * 100);
      expect(shelf.sizeBytes).toBeLessThan(500 * 300);
      for (let index = 1; index <= 500; index++) shelf.delete(String(index));
      expect(shelf.sizeBytes).toBeLessThan(emptyBytes + 500 * 10);
    });

    it("may be written while it is read", () => {
      const shelf = createShelf();
      for (let index = 1; index <= 20; index++) shelf.set(String(index), { text: "a" });
      const seen: string[] = [];
      for (const [id] of shelf.entries()) {
        seen.push(id);
        if (Number(id) <= 20) shelf.delete(id);
      }
      expect([seen.length, shelf.size]).toEqual([20, 0]);
    });
  });
}
