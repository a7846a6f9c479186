import { describe, expect, it } from "vitest";
import type { CacheAdapter, CacheChange } from "./cache-adapter.ts";

const put = (kind: CacheChange["kind"], group: string, key: string, value: unknown): CacheChange => ({
  type: "put",
  kind,
  group,
  key,
  value,
});

/** What every {@link CacheAdapter} must do; each call of `open` gives an empty one. */
export function describeCacheAdapter(name: string, open: () => Promise<CacheAdapter>): void {
  describe(`${name} as an adapter of the cache`, () => {
    it("reads what was written, in the order that was asked for", async () => {
      const adapter = await open();
      await adapter.write([put("users", "", "1", { id: "1" }), put("users", "", "2", { id: "2", name: "ünï" })]);
      await adapter.write([put("users", "", "1", { id: "1", name: "new" })]);
      expect(await adapter.read("users", ["2", "9", "1"])).toEqual([
        { id: "2", name: "ünï" },
        undefined,
        { id: "1", name: "new" },
      ]);
      expect(await adapter.read("guilds", ["1"])).toEqual([undefined]);
      expect(await adapter.read("users", [])).toEqual([]);
      await adapter.close();
    });

    it("knows the entries of a group, and removes one or all", async () => {
      const adapter = await open();
      await adapter.write([
        put("members", "400", "400:1", { nick: "a" }),
        put("members", "400", "400:2", { nick: "b" }),
        put("members", "401", "401:1", { nick: "c" }),
        put("roles", "400", "7", { name: "r" }),
      ]);
      await adapter.write([{ type: "remove", kind: "members", group: "400", key: "400:1" }]);
      expect(await adapter.readGroup("members", "400")).toEqual([{ nick: "b" }]);
      await adapter.write([{ type: "removeGroup", kind: "members", group: "400" }]);
      expect([await adapter.readGroup("members", "400"), await adapter.read("members", ["400:2"])]).toEqual([
        [],
        [undefined],
      ]);
      expect([await adapter.readGroup("members", "401"), await adapter.readGroup("roles", "400")]).toEqual([
        [{ nick: "c" }],
        [{ name: "r" }],
      ]);
      await adapter.close();
    });

    it("makes changes in their order", async () => {
      const adapter = await open();
      await adapter.write([
        put("channels", "400", "5", { name: "before" }),
        { type: "removeGroup", kind: "channels", group: "400" },
        put("channels", "400", "6", { name: "after" }),
        put("channels", "400", "7", { name: "gone" }),
        { type: "remove", kind: "channels", group: "400", key: "7" },
      ]);
      expect(await adapter.readGroup("channels", "400")).toEqual([{ name: "after" }]);
      await adapter.close();
    });

    it("takes many at once, and closes more than once", async () => {
      const adapter = await open();
      const count = 1_200;
      await adapter.write(Array.from({ length: count }, (_, index) => put("messages", "5", `5:${index}`, { index })));
      expect(await adapter.readGroup("messages", "5")).toHaveLength(count);
      await adapter.write([{ type: "removeGroup", kind: "messages", group: "5" }]);
      expect(await adapter.readGroup("messages", "5")).toEqual([]);
      await adapter.close();
      await adapter.close();
    });
  });
}
