import { createManualClock } from "@antiphon/std";
import { describe, expect, expectTypeOf, it } from "vitest";
import { createClient } from "../create-client.ts";
import { createCache, type CacheOptions } from "./cache.ts";

const user = (id: number | string) => ({ id: String(id), username: `user ${id}` });
const message = (id: number, channelId = "500", authorId: number | string = 300) => ({
  id: String(id),
  channel_id: channelId,
  guild_id: "400",
  content: `message ${id}`,
  author: user(authorId),
  member: { roles: ["7"], joined_at: "2021-03-04T05:06:07.089000+00:00", deaf: false, mute: false },
});
const guild = (id: string, channelIds: readonly string[] = []) => ({
  id,
  name: `guild ${id}`,
  roles: [{ id, name: "@everyone", permissions: "0" }],
  channels: channelIds.map((channelId) => ({ id: channelId, type: 0, name: "text" })),
  threads: [],
  members: [{ user: user(`${id}1`), roles: [] }],
  voice_states: [],
});

function filled(options: CacheOptions = {}, clock = createManualClock()) {
  const cache = createCache(options, { clock });
  cache.apply("GUILD_CREATE", guild("400", ["500", "501"]));
  return { cache, clock };
}

describe("adding", () => {
  it("inserts and replaces guilds, channels, users and messages, and indexes them under their parents", () => {
    const { cache } = filled();
    cache.apply("GUILD_CREATE", { ...guild("400", ["500", "501"]), name: "again" });
    cache.apply("CHANNEL_CREATE", { id: "502", guild_id: "400", type: 0, name: "new" });
    cache.apply("CHANNEL_UPDATE", { id: "500", guild_id: "400", type: 0, name: "renamed" });
    cache.apply("USER_UPDATE", { ...user(300), username: "first" });
    cache.apply("USER_UPDATE", { ...user(300), username: "second" });
    cache.apply("MESSAGE_CREATE", message(1));
    cache.apply("MESSAGE_UPDATE", { ...message(1), content: "edited" });
    expect(cache.guilds.get("400")?.name).toBe("again");
    expect(cache.channels.in("400").map(({ id, name }) => [id, name])).toEqual([
      ["500", "renamed"],
      ["501", "text"],
      ["502", "new"],
    ]);
    expect(cache.users.get("300")).toEqual(user(300));
    expect(cache.messages.in("500")).toEqual([{ ...message(1), content: "edited" }]);
    const { kinds } = cache.stats();
    expect([kinds.guilds.items, kinds.channels.items, kinds.messages.items]).toEqual([1, 3, 1]);
  });

  it("gives back exactly what Discord sent, also from packed storage", () => {
    for (const storage of ["packed", "objects"] as const) {
      const { cache } = filled({ storage: { users: storage, members: storage, messages: storage, channels: storage } });
      const whole = {
        ...message(1),
        embeds: [{ title: "t" }],
        timestamp: "2021-03-04T05:06:07.089012+00:00",
        new_field: { a: [1] },
      };
      cache.apply("MESSAGE_CREATE", whole);
      expect(cache.messages.get("500", "1")).toEqual(whole);
      expect(cache.members.get("400", "300")).toEqual({ ...whole.member, user: user(300), guild_id: "400" });
      expect(cache.channels.get("500")).toEqual({ id: "500", type: 0, name: "text", guild_id: "400" });
    }
  });

  it("removes a guild together with its channels, roles, members and messages", () => {
    const { cache } = filled();
    cache.apply("GUILD_CREATE", guild("401", ["600"]));
    cache.apply("MESSAGE_CREATE", message(1));
    cache.apply("MESSAGE_CREATE", { ...message(2, "600"), guild_id: "401" });
    cache.apply("GUILD_DELETE", { id: "400" });
    expect([cache.guilds.get("400"), cache.channels.get("500"), cache.roles.get("400")]).toEqual(
      Array(3).fill(undefined),
    );
    expect([cache.members.in("400"), cache.messages.in("500")]).toEqual([[], []]);
    expect([cache.guilds.get("401")?.id, cache.channels.get("600")?.id]).toEqual(["401", "600"]);
    expect(cache.messages.in("600")).toHaveLength(1);
    expect(cache.members.in("401")).toHaveLength(2);
  });
});

describe("the history of a channel", () => {
  it("is bounded, and its newest messages come first, edited or not", () => {
    const { cache } = filled({ limits: { messagesPerChannel: 4 } });
    for (let id = 8; id <= 12; id++) cache.apply("MESSAGE_CREATE", message(id));
    cache.apply("MESSAGE_UPDATE", { ...message(10), content: "edited" });
    expect(cache.messages.recent("500").map(({ id }) => id)).toEqual(["12", "11", "10", "9"]);
    expect(cache.messages.recent("500", 2).map(({ id }) => id)).toEqual(["12", "11"]);
    expect(cache.messages.in("500").map(({ id }) => id)).toEqual(["9", "10", "11", "12"]);
    expect(cache.messages.recent("501", 2)).toEqual([]);
  });

  it("gives way channel by channel when all messages are too many: the channel that was quiet the longest first", () => {
    const { cache } = filled({ limits: { messages: 4 } });
    for (const [id, channelId] of [
      [1, "500"],
      [2, "500"],
      [3, "501"],
      [4, "501"],
      [5, "500"],
      [6, "500"],
    ] as const)
      cache.apply("MESSAGE_CREATE", message(id, channelId));
    expect(cache.messages.in("501")).toEqual([]);
    expect(cache.messages.in("500").map(({ id }) => id)).toEqual(["1", "2", "5", "6"]);
    expect(cache.stats().kinds.messages).toMatchObject({ items: 4, evictions: 2 });
  });
});

describe("limits", () => {
  it("spare what was read, once the kind is full", () => {
    const cache = createCache({ limits: { users: 2 } });
    for (const id of [1, 2]) cache.apply("USER_UPDATE", user(id));
    expect(cache.users.get("1")).toBeDefined();
    cache.apply("USER_UPDATE", user(3));
    expect([cache.users.get("1")?.id, cache.users.get("2")?.id, cache.users.get("3")?.id]).toEqual([
      "1",
      undefined,
      "3",
    ]);
  });

  it("bound everything together: the kind that has the most gives way, and it is counted", () => {
    const { cache } = filled({ limits: { items: 20 } });
    for (let id = 1; id <= 50; id++) cache.apply("MESSAGE_CREATE", message(id));
    const { items, kinds } = cache.stats();
    expect(items).toBe(20);
    expect(kinds.messages.evictions).toBe(50 - kinds.messages.items);
    expect([kinds.guilds.items, kinds.channels.items]).toEqual([1, 2]);
    expect(cache.messages.recent("500", 1)[0]?.id).toBe("50");
  });

  it("bound the memory", () => {
    const { cache } = filled({ limits: { sizeBytes: 10_000 } });
    for (let id = 1; id <= 500; id++) {
      cache.apply("MESSAGE_CREATE", message(id, "500", id));
      expect(cache.stats().sizeBytes).toBeLessThanOrEqual(10_000);
    }
    const { kinds, sizeBytes } = cache.stats();
    expect(sizeBytes).toBeGreaterThan(8_000);
    expect(kinds.messages.items).toBeGreaterThan(10);
    expect(cache.guilds.get("400")).toBeDefined();
  });

  it("change at run time and evict at once what is too much", () => {
    const { cache } = filled();
    for (let id = 1; id <= 30; id++) cache.apply("MESSAGE_CREATE", message(id, "500", id));
    for (const id of ["401", "402"]) cache.apply("GUILD_CREATE", guild(id, [`${id}5`]));
    cache.setLimits({ guilds: 2, channels: 1, users: 5, messagesPerChannel: 10 });
    const { kinds } = cache.stats();
    expect([kinds.guilds.items, kinds.channels.items, kinds.users.items, kinds.messages.items]).toEqual([2, 1, 5, 10]);
    expect([kinds.guilds.evictions, kinds.channels.evictions, kinds.messages.evictions]).toEqual([1, 3, 20]);
    cache.apply("USER_UPDATE", user(99));
    expect(cache.stats().kinds.users.items).toBe(5);
    cache.setLimits({ users: 6, items: 12 });
    expect(cache.stats().items).toBe(12);
    cache.setLimits({ messages: 0 });
    cache.apply("MESSAGE_CREATE", message(77));
    expect(cache.stats().kinds.messages.items).toBe(0);
  });

  it("estimate memory for every kind, and give it back", () => {
    const { cache } = filled();
    cache.apply("MESSAGE_CREATE", message(1));
    expect([cache.users.get("300")?.id, cache.users.get("9")]).toEqual(["300", undefined]);
    const { kinds, items, sizeBytes, hitRatio } = cache.stats();
    expect(Object.values(kinds).reduce((total, kind) => total + kind.sizeBytes, 0)).toBe(sizeBytes);
    expect(Object.values(kinds).reduce((total, kind) => total + kind.items, 0)).toBe(items);
    expect([hitRatio, kinds.users.hits, kinds.users.misses]).toEqual([0.5, 1, 1]);
    for (const kind of ["guilds", "channels", "roles", "members", "users", "messages"] as const)
      expect(kinds[kind].sizeBytes).toBeGreaterThan(0);
    cache.apply("GUILD_DELETE", { id: "400" });
    const after = cache.stats();
    expect(after.sizeBytes).toBe(after.kinds.users.sizeBytes);
  });
});

describe("time to live", () => {
  it("drops an entry when its time since the last write is over, for that kind alone", async () => {
    const { cache, clock } = filled({ ttlMs: { users: 1_000 } });
    cache.apply("USER_UPDATE", user(1));
    await clock.advance(600);
    cache.apply("USER_UPDATE", user(2));
    cache.apply("USER_UPDATE", { ...user(1), username: "renamed" });
    await clock.advance(600);
    expect([cache.users.get("4001"), cache.users.get("1")?.username]).toEqual([undefined, "renamed"]);
    await clock.advance(400);
    expect([...cache.users.values()]).toEqual([]);
    expect(cache.stats().kinds.users).toMatchObject({ items: 0, expirations: 3, evictions: 0 });
    expect(cache.guilds.get("400")).toBeDefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("fields", () => {
  it("are reduced to those that are wanted, and the types follow", async () => {
    await using client = createClient({
      token: "t",
      intents: ["guilds"],
      cache: { fields: { messages: ["content"], users: ["username"], guilds: ["name"] } },
    });
    expectTypeOf(client.cache.messages.recent("1")[0]).toEqualTypeOf<
      { id: string; channel_id: string; content: string } | undefined
    >();
    expectTypeOf(client.cache.users.get("1")).not.toHaveProperty("avatar");
    expectTypeOf<NonNullable<ReturnType<typeof client.cache.roles.get>>>().toHaveProperty("permissions");
    const { cache } = filled({ fields: { messages: ["content"], users: ["username"] } });
    cache.apply("MESSAGE_CREATE", message(1));
    expect(cache.messages.get("500", "1")).toEqual({ id: "1", channel_id: "500", content: "message 1" });
    cache.apply("USER_UPDATE", { ...user(300), avatar: "x" });
    expect(cache.users.get("300")).toEqual(user(300));
    expect(cache.members.get("400", "300")).toMatchObject({ user: user(300), roles: ["7"] });
  });
});

describe("wants", () => {
  it("knows which dispatches change something", () => {
    const all = createCache();
    expect(["MESSAGE_CREATE", "GUILD_CREATE", "TYPING_START"].map(all.wants)).toEqual([true, true, false]);
    const none = createCache({ limits: { messages: 0, users: 0, members: 0 } });
    expect(["MESSAGE_CREATE", "GUILD_CREATE", "VOICE_STATE_UPDATE"].map(none.wants)).toEqual([false, true, true]);
  });
});

describe("close", () => {
  it("drops all entries, keeps nothing from then on, and may be repeated", async () => {
    const { cache } = filled();
    await cache.close();
    await cache.close();
    cache.apply("GUILD_CREATE", guild("401"));
    expect(cache.stats()).toMatchObject({ items: 0, sizeBytes: 0 });
  });
});
