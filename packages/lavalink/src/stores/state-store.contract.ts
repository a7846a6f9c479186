import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StateStore } from "./state-store.ts";

/** What every {@link StateStore} must do; `open` gives an empty one. */
export function describeStateStore(name: string, open: () => Promise<StateStore>): void {
  describe(`state store: ${name}`, () => {
    let store: StateStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("keeps texts under any key until they are replaced or deleted", async () => {
      const keys = ["player/81384788765712384", "session/eu 1:2333", "%2F..", "🎵"];
      for (const key of keys) await store.set(key, `of ${key}`);
      await store.set("🎵", '{"title":"Ünïcode 🎧"}');
      await store.delete("player/81384788765712384");
      await store.delete("never there");
      expect(await store.entries()).toEqual(
        new Map([
          ["session/eu 1:2333", "of session/eu 1:2333"],
          ["%2F..", "of %2F.."],
          ["🎵", '{"title":"Ünïcode 🎧"}'],
        ]),
      );
    });

    test("takes calls for one key in their order", async () => {
      const large = "x".repeat(1 << 20);
      const writes = [store.set("key", large), store.set("key", "2"), store.delete("key"), store.set("key", "4")];
      await Promise.all(writes);
      expect(await store.entries()).toEqual(new Map([["key", "4"]]));
      await Promise.all([store.set("key", large), store.delete("key")]);
      expect(await store.entries()).toEqual(new Map());
    });

    test("gives what it holds now, not what comes later", async () => {
      await store.set("a", "1");
      const before = await store.entries();
      await store.set("a", "2");
      expect(before.get("a")).toBe("1");
    });

    test("can be closed twice", async () => {
      await store.set("a", "1");
      await store.close();
      await store.close();
    });
  });
}
