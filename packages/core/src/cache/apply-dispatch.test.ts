import { describe, expect, it } from "vitest";
import { createCache } from "./cache.ts";

// On shard 0 and on shard 1 of two: the shard is in the bits above the 22nd.
const [EVEN, ODD] = ["8388608", "4194304"];
const ann = { id: "300", username: "ann" };

function guild(id: string, more: object = {}) {
  const channel = { id: `${id}1`, type: 0, name: "general" };
  const base = { id, name: "Guild", owner_id: "300", member_count: 2, roles: [], channels: [channel], members: [] };
  return { ...base, ...more };
}

function filled(...guilds: readonly object[]) {
  const cache = createCache();
  for (const each of guilds) cache.apply("GUILD_CREATE", each);
  return cache;
}

const stub = (id: string) => ({ id, unavailable: true });
const ready = (guilds: readonly object[], shard?: readonly [number, number]) => ({ user: ann, guilds, shard });

describe("a new session's READY", () => {
  it("forgets the guilds of its shard that the bot is no longer in, with what belongs to them", () => {
    const cache = filled(guild(EVEN), guild(ODD), guild("12582912"));
    cache.apply("MESSAGE_CREATE", { id: "1", channel_id: `${ODD}1`, guild_id: ODD, content: "hi", author: ann });
    cache.apply("READY", ready([stub("12582912")], [1, 2]));
    expect([...cache.guilds.values()].map(({ id }) => id)).toEqual([EVEN, "12582912"]);
    expect([cache.channels.in(ODD), cache.messages.in(`${ODD}1`)]).toEqual([[], []]);
    expect(cache.channels.in(EVEN)).toHaveLength(1);
  });

  it("speaks for all guilds where there are no shards", () => {
    const cache = filled(guild(EVEN), guild(ODD));
    cache.apply("READY", ready([stub(EVEN)]));
    expect([...cache.guilds.values()].map(({ id }) => id)).toEqual([EVEN]);
  });
});

describe("a guild's GUILD_CREATE", () => {
  it("is the whole truth: an outage is over, and what is gone is gone", () => {
    const cache = filled(guild(EVEN, { vanity_url_code: "old" }));
    cache.apply("GUILD_DELETE", stub(EVEN));
    cache.apply("GUILD_CREATE", guild(EVEN));
    expect(cache.guilds.get(EVEN)).toEqual({ id: EVEN, name: "Guild", owner_id: "300", member_count: 2 });
  });
});

describe("a guild's own fields", () => {
  it("count members who come and go", () => {
    const cache = filled(guild(EVEN));
    cache.apply("GUILD_MEMBER_ADD", { guild_id: EVEN, user: ann, roles: [] });
    expect(cache.guilds.get(EVEN)?.member_count).toBe(3);
    for (let times = 0; times < 2; times++) cache.apply("GUILD_MEMBER_REMOVE", { guild_id: EVEN, user: ann });
    expect(cache.guilds.get(EVEN)?.member_count).toBe(1);
    expect(cache.members.get(EVEN, "300")).toBeUndefined();
  });

  it("have its emojis and stickers as they are now", () => {
    const cache = filled(guild(EVEN, { emojis: [{ id: "1" }], stickers: [] }));
    cache.apply("GUILD_EMOJIS_UPDATE", { guild_id: EVEN, emojis: [{ id: "2" }] });
    cache.apply("GUILD_STICKERS_UPDATE", { guild_id: EVEN, stickers: [{ id: "3" }] });
    expect(cache.guilds.get(EVEN)).toMatchObject({ emojis: [{ id: "2" }], stickers: [{ id: "3" }], name: "Guild" });
  });

  it("are not made up for a guild that is not known", () => {
    const cache = createCache();
    cache.apply("GUILD_EMOJIS_UPDATE", { guild_id: EVEN, emojis: [] });
    cache.apply("GUILD_MEMBER_ADD", { guild_id: EVEN, user: ann, roles: [] });
    expect([cache.guilds.get(EVEN), cache.stats().failures]).toEqual([undefined, 0]);
  });
});

describe("threads", () => {
  const thread = (id: string, parentId: string) => ({ id, guild_id: EVEN, parent_id: parentId, type: 11, name: "t" });
  const all = () => {
    const channels = [
      { id: "500", type: 0, name: "general" },
      { id: "501", type: 0, name: "other" },
      { id: "502", type: 4, name: "category" },
      { id: "503", type: 0, name: "in the category", parent_id: "502" },
    ];
    return filled(guild(EVEN, { channels, threads: [thread("600", "500"), thread("601", "501")] }));
  };
  const ids = (cache: ReturnType<typeof all>) => cache.channels.in(EVEN).map(({ id }) => id);

  it("go with their channel, of which alone Discord tells; channels outlive their category", () => {
    const cache = all();
    cache.apply("MESSAGE_CREATE", { id: "1", channel_id: "600", guild_id: EVEN, content: "hi", author: ann });
    cache.apply("CHANNEL_DELETE", { id: "500", guild_id: EVEN, type: 0 });
    cache.apply("CHANNEL_DELETE", { id: "502", guild_id: EVEN, type: 4 });
    expect(ids(cache)).toEqual(["501", "503", "601"]);
    expect(cache.messages.in("600")).toEqual([]);
  });

  it("are those of the last sync, in the channels that it is about", () => {
    const cache = all();
    cache.apply("THREAD_LIST_SYNC", { guild_id: EVEN, channel_ids: ["500"], threads: [thread("602", "500")] });
    expect(ids(cache)).toEqual(["500", "501", "502", "503", "601", "602"]);
    cache.apply("THREAD_LIST_SYNC", { guild_id: EVEN, threads: [] });
    expect(ids(cache)).toEqual(["500", "501", "502", "503"]);
  });
});
