import { expect, it } from "vitest";
import { describeCacheStore } from "./cache-store.contract.ts";
import { createMemoryStore } from "./cache-store.ts";

describeCacheStore("createMemoryStore", createMemoryStore);

it("evicts what was not used for longest once it is full", () => {
  const evicted: string[] = [];
  const store = createMemoryStore<number>({ kind: "users", limit: 2, onEvict: (key) => evicted.push(key) });
  store.set("a", 1);
  store.set("b", 2);
  store.get("a");
  store.set("c", 3);
  expect(evicted).toEqual(["b"]);
});
