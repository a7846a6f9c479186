import { describe, expect, it } from "vitest";
import { createCache } from "./cache.ts";

const ann = { id: "300", username: "ann" };
const bob = { id: "301", username: "bob" };
const guild = {
  id: "400",
  name: "Guild",
  owner_id: "300",
  member_count: 2,
  roles: [
    { id: "400", name: "@everyone", permissions: "0" },
    { id: "410", name: "DJ", permissions: "8" },
  ],
  channels: [
    { id: "500", type: 0, name: "general" },
    { id: "501", type: 2, name: "Voice" },
  ],
  threads: [{ id: "502", type: 11, name: "thread" }],
  members: [
    { user: ann, roles: ["410"] },
    { user: bob, roles: [] },
  ],
  voice_states: [{ user_id: "300", channel_id: "501", session_id: "s" }],
  presences: [],
};

function filled() {
  const cache = createCache();
  cache.apply("GUILD_CREATE", guild);
  return cache;
}

function message(id: string, channelId = "500") {
  return { id, channel_id: channelId, guild_id: "400", content: `m${id}`, author: ann };
}

describe("a guild", () => {
  it("is taken apart", () => {
    const cache = filled();
    expect(cache.guilds.get("400")).toEqual({ id: "400", name: "Guild", owner_id: "300", member_count: 2 });
    expect(cache.channels.in("400").map(({ id }) => id)).toEqual(["500", "501", "502"]);
    expect(cache.channels.get("500")).toMatchObject({ guild_id: "400" });
    expect(cache.roles.get("410")).toMatchObject({ name: "DJ", guild_id: "400" });
    expect(cache.members.get("400", "300")).toMatchObject({ user: ann, roles: ["410"] });
    expect(cache.users.get("301")).toEqual(bob);
    expect(cache.voiceStates.in("400")).toHaveLength(1);
    expect(cache.stats()).toMatchObject({ items: 1 + 3 + 2 + 2 + 2 + 1, failures: 0, hitRatio: 1 });
  });

  it("keeps what an update does not mention", () => {
    const cache = filled();
    cache.apply("GUILD_UPDATE", { id: "400", name: "New", roles: guild.roles });
    expect(cache.guilds.get("400")).toMatchObject({ name: "New", member_count: 2 });
    cache.apply("CHANNEL_UPDATE", { id: "500", guild_id: "400", type: 0, topic: "t" });
    expect(cache.channels.get("500")).toMatchObject({ name: "general", topic: "t" });
  });

  it("stays through an outage and goes with everything when the bot leaves", () => {
    const cache = filled();
    cache.apply("MESSAGE_CREATE", message("1"));
    cache.apply("GUILD_DELETE", { id: "400", unavailable: true });
    expect(cache.guilds.get("400")).toMatchObject({ name: "Guild", unavailable: true });
    cache.apply("GUILD_DELETE", { id: "400" });
    const { kinds } = cache.stats();
    for (const kind of ["guilds", "channels", "roles", "members", "voiceStates", "messages"] as const)
      expect(kinds[kind].items).toBe(0);
  });

  it("forgets what a new GUILD_CREATE does not have", () => {
    const cache = filled();
    cache.apply("GUILD_CREATE", { ...guild, channels: [guild.channels[0]], voice_states: [] });
    expect(cache.channels.get("501")).toBeUndefined();
    expect(cache.voiceStates.in("400")).toEqual([]);
  });
});

describe("members, roles and voice states", () => {
  it("follow their dispatches", () => {
    const cache = filled();
    cache.apply("GUILD_MEMBER_UPDATE", {
      guild_id: "400",
      user: { ...bob, username: "bobby" },
      roles: ["410"],
      nick: "B",
    });
    expect(cache.members.get("400", "301")).toMatchObject({ nick: "B", roles: ["410"], user: { username: "bobby" } });
    expect(cache.users.get("301")?.username).toBe("bobby");
    cache.apply("GUILD_MEMBER_REMOVE", { guild_id: "400", user: bob });
    expect(cache.members.get("400", "301")).toBeUndefined();
    cache.apply("GUILD_ROLE_UPDATE", { guild_id: "400", role: { id: "410", name: "Boss" } });
    expect(cache.roles.get("410")?.name).toBe("Boss");
    cache.apply("GUILD_ROLE_DELETE", { guild_id: "400", role_id: "410" });
    expect(cache.roles.get("410")).toBeUndefined();
    cache.apply("VOICE_STATE_UPDATE", {
      guild_id: "400",
      user_id: "301",
      channel_id: "501",
      session_id: "t",
      member: { user: bob, roles: [] },
    });
    expect(cache.voiceStates.in("400").map(({ user_id }) => user_id)).toEqual(["300", "301"]);
    cache.apply("VOICE_STATE_UPDATE", { guild_id: "400", user_id: "300", channel_id: null, session_id: "s" });
    expect(cache.voiceStates.get("400", "300")).toBeUndefined();
  });
});

describe("reading", () => {
  it("gives one entry, those of a guild, or all, and counts hits and misses", () => {
    const cache = filled();
    cache.apply("MESSAGE_CREATE", message("1"));
    const found = [
      cache.guilds.get("400")?.name,
      cache.channels.get("500")?.id,
      cache.users.get("300")?.username,
      cache.messages.get("500", "1")?.content,
    ];
    expect(found).toEqual(["Guild", "500", "ann", "m1"]);
    const missing = [
      cache.guilds.get("9"),
      cache.channels.get("9"),
      cache.users.get("9"),
      cache.messages.get("500", "9"),
    ];
    expect(missing).toEqual(Array(4).fill(undefined));
    expect([...cache.guilds.values()].map(({ id }) => id)).toEqual(["400"]);
    expect(cache.members.in("400").map(({ user }) => user.id)).toEqual(["300", "301"]);
    expect(cache.channels.in("9")).toEqual([]);
    const { kinds, hitRatio } = cache.stats();
    for (const kind of ["guilds", "channels", "users", "messages"] as const)
      expect(kinds[kind]).toMatchObject({ hits: 1, misses: 1 });
    expect(hitRatio).toBe(0.5);
  });
});

describe("messages", () => {
  it("are bounded per channel, the oldest going first, and counted", () => {
    const cache = createCache({ limits: { messagesPerChannel: 2 } });
    for (const id of ["1", "2", "3"]) cache.apply("MESSAGE_CREATE", message(id));
    cache.apply("MESSAGE_CREATE", message("4", "501"));
    expect(cache.messages.in("500").map(({ id }) => id)).toEqual(["2", "3"]);
    expect(cache.stats().kinds.messages).toMatchObject({ items: 3, hits: 0, misses: 0, evictions: 1, expirations: 0 });
  });

  it("are updated and deleted, and go with their channel", () => {
    const cache = filled();
    for (const id of ["1", "2", "3", "4"]) cache.apply("MESSAGE_CREATE", message(id));
    cache.apply("MESSAGE_UPDATE", { id: "1", channel_id: "500", content: "edited" });
    cache.apply("MESSAGE_UPDATE", { id: "99", channel_id: "500", content: "unknown" });
    expect(cache.messages.get("500", "1")).toMatchObject({ content: "edited", author: ann });
    expect(cache.messages.get("500", "99")).toBeUndefined();
    cache.apply("MESSAGE_DELETE", { id: "1", channel_id: "500" });
    cache.apply("MESSAGE_DELETE_BULK", { ids: ["2", "3"], channel_id: "500" });
    expect(cache.messages.in("500").map(({ id }) => id)).toEqual(["4"]);
    cache.apply("CHANNEL_DELETE", { id: "500" });
    expect([cache.channels.get("500"), cache.messages.in("500")]).toEqual([undefined, []]);
  });
});

describe("limits", () => {
  it("are kept for each kind; 0 keeps nothing", () => {
    const cache = createCache({ limits: { users: 1, messages: 0, members: 0 } });
    cache.apply("GUILD_CREATE", guild);
    cache.apply("MESSAGE_CREATE", message("1"));
    const { kinds } = cache.stats();
    expect([kinds.users.items, kinds.members.items, kinds.messages.items]).toEqual([1, 0, 0]);
  });

  it("count malformed payloads instead of throwing", () => {
    const cache = createCache();
    for (const name of ["READY", "GUILD_CREATE", "MESSAGE_CREATE", "VOICE_STATE_UPDATE", "CHANNEL_CREATE"])
      cache.apply(name, null);
    cache.apply("NOT_A_DISPATCH", null);
    expect(cache.stats().failures).toBe(5);
  });
});
