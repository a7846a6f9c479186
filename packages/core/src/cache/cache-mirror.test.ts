import { createManualClock, type AntiphonError } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { createCache } from "./cache.ts";
import type { CacheAdapter, CacheChange } from "./cache-adapter.ts";
import { describeCacheAdapter } from "./cache-adapter.contract.ts";

/** An adapter in memory; `problem` lets its calls fail. */
function createFakeAdapter() {
  const values = new Map<string, { readonly group: string; readonly value: unknown }>();
  const fake = {
    problem: undefined as Error | undefined,
    /** Whether calls get no answer at all. */
    isStuck: false,
    writes: [] as (readonly CacheChange[])[],
    closes: 0,
  };
  const check = () => {
    if (fake.isStuck) return new Promise<void>(() => {});
    return fake.problem === undefined ? Promise.resolve() : Promise.reject(fake.problem);
  };
  const adapter: CacheAdapter = {
    async read(kind, keys) {
      await check();
      return keys.map((key) => values.get(`${kind} ${key}`)?.value);
    },
    async readGroup(kind, group) {
      await check();
      return [...values].flatMap(([key, entry]) =>
        key.startsWith(`${kind} `) && entry.group === group ? [entry.value] : [],
      );
    },
    async write(changes) {
      await check();
      fake.writes.push(changes);
      for (const change of changes) {
        const { kind, group } = change;
        if (change.type === "put") values.set(`${kind} ${change.key}`, { group, value: change.value });
        else if (change.type === "remove") values.delete(`${kind} ${change.key}`);
        else
          for (const [key, entry] of values)
            if (key.startsWith(`${kind} `) && entry.group === group) values.delete(key);
      }
    },
    close() {
      fake.closes++;
      return check();
    },
  };
  return { fake, adapter };
}

describeCacheAdapter("A map", () => Promise.resolve(createFakeAdapter().adapter));

function setup() {
  const clock = createManualClock();
  const { fake, adapter } = createFakeAdapter();
  const errors: AntiphonError[] = [];
  const cache = createCache({ adapter, limits: { users: 2 } }, { clock, onError: (error) => errors.push(error) });
  const user = (id: number) => cache.apply("USER_UPDATE", { id: String(id), username: `user ${id}` });
  return { clock, fake, errors, cache, user };
}

describe("a cache with an adapter", () => {
  it("writes in the background, the last change of each entry, and reads from it what memory gave up", async () => {
    const { clock, fake, cache, user } = setup();
    for (const id of [1, 1, 2, 3]) user(id);
    expect(fake.writes).toEqual([]);
    await clock.advance(50);
    expect(fake.writes).toHaveLength(1);
    expect(fake.writes[0]).toHaveLength(3);
    // 1 was written twice, so 2 was not used for longer.
    expect(cache.users.get("2")).toBeUndefined();
    expect(await cache.users.fetch("2")).toEqual({ id: "2", username: "user 2" });
    expect(await cache.users.fetch("9")).toBeUndefined();
    cache.apply("GUILD_ROLE_CREATE", { guild_id: "400", role: { id: "7", name: "r" } });
    await clock.advance(50);
    expect(await cache.roles.fetchIn("400")).toEqual([{ id: "7", name: "r", guild_id: "400" }]);
    expect(cache.stats().store).toEqual({ pending: 0, written: 4, dropped: 0, failures: 0 });
  });

  it("goes on without the adapter when that fails, and says so", async () => {
    const { clock, fake, errors, cache, user } = setup();
    fake.problem = new Error("connection lost");
    user(1);
    await clock.advance(50);
    expect(cache.users.get("1")?.username).toBe("user 1");
    expect([await cache.users.fetch("9"), await cache.roles.fetchIn("400")]).toEqual([undefined, []]);
    expect(errors.map(({ code, retryable }) => [code, retryable])).toEqual(
      Array.from({ length: 3 }, () => ["CORE_CACHE_STORE_FAILED", true]),
    );
    expect(errors[0]?.message).toContain("connection lost");
    expect(cache.stats().store).toEqual({ pending: 0, written: 0, dropped: 1, failures: 3 });
    fake.problem = undefined;
    user(2);
    await clock.advance(50);
    expect(await cache.users.fetch("2")).toBeDefined();
  });

  it("waits for no answer that does not come, neither to go on nor to close", async () => {
    const { clock, fake, errors, cache, user } = setup();
    fake.isStuck = true;
    user(1);
    const reading = cache.users.fetch("9");
    await clock.advance(5_050);
    expect([await reading, cache.stats().store]).toEqual([
      undefined,
      { pending: 0, written: 0, dropped: 1, failures: 2 },
    ]);
    expect(errors[0]?.message).toContain("no answer within 5000 ms");
    for (let id = 1; id <= 2_500; id++) user(id);
    const closing = cache.close();
    await clock.advance(5_000);
    await clock.advance(5_000);
    await closing;
    expect(cache.stats().store).toMatchObject({ pending: 0, written: 0, dropped: 2_501 });
    expect(clock.pendingTimers).toBe(0);
  });

  it("writes what waits when it is closed, and closes the adapter once", async () => {
    const { clock, fake, cache, user } = setup();
    user(1);
    await cache.close();
    await cache.close();
    expect([fake.writes.length, fake.closes, clock.pendingTimers]).toEqual([1, 1, 0]);
    expect(cache.stats().items).toBe(0);
  });

  it("bounds what waits", async () => {
    const { cache, user } = setup();
    for (let id = 1; id <= 50_010; id++) user(id);
    expect(cache.stats().store).toMatchObject({ pending: 50_000, dropped: 10 });
    await cache.close();
  });
});
