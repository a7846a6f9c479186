import type { RestMethod, RestRequestOptions } from "@antiphon/protocol/discord";
import { describe, expect, it } from "vitest";
import {
  createRoutes,
  iterateAuditLog,
  iterateBans,
  iterateEntitlements,
  iterateEventUsers,
  iterateGuilds,
  iterateMembers,
  iterateMessages,
  iteratePollVoters,
  iterateReactions,
} from "./index.ts";

type Query = NonNullable<RestRequestOptions["query"]>;

/** A Discord that has things with the ids 1 to `count` and pages as the real one does. */
function pagesOf(count: number, wrap: (ids: readonly string[]) => unknown, order: "ascending" | "descending") {
  const queries: Query[] = [];
  const transport = {
    request: async <Result>(_method: RestMethod, _path: string, { query = {} }: RestRequestOptions = {}) => {
      queries.push(query);
      const limit = Number(query["limit"]);
      const ids = Array.from({ length: count }, (_, index) => index + 1);
      const { before, after } = query;
      const page =
        after === undefined
          ? ids.filter((id) => before === undefined || id < Number(before)).slice(-limit)
          : ids.filter((id) => id > Number(after)).slice(0, limit);
      return wrap((order === "ascending" ? page : page.toReversed()).map(String)) as Result;
    },
  };
  return { routes: createRoutes(transport), queries };
}

const withId = (ids: readonly string[]) => ids.map((id) => ({ id }));
const withUser = (ids: readonly string[]) => ids.map((id) => ({ user: { id } }));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

describe("listing page by page", () => {
  it("gives messages newest first, or oldest first", async () => {
    const { routes, queries } = pagesOf(250, withId, "descending");
    const newest = await Array.fromAsync(iterateMessages(routes, "1"), ({ id }) => id);
    expect(newest).toEqual(upTo(250).toReversed());
    expect(queries).toEqual([{ limit: 100 }, { limit: 100, before: "151" }, { limit: 100, before: "51" }]);
    const oldest = await Array.fromAsync(iterateMessages(routes, "1", { after: "0" }), ({ id }) => id);
    expect(oldest).toEqual(upTo(250));
    const older = await Array.fromAsync(iterateMessages(routes, "1", { before: "4" }), ({ id }) => id);
    expect(older).toEqual(["3", "2", "1"]);
  });

  it("asks for no more than is wanted", async () => {
    const { routes, queries } = pagesOf(5_000, withUser, "ascending");
    const members = await Array.fromAsync(
      iterateMembers(routes, "1", { limit: 1_500, after: "10" }),
      ({ user }) => user.id,
    );
    expect(members).toEqual(upTo(1_510).slice(10));
    expect(queries).toEqual([
      { limit: 1_000, after: "10" },
      { limit: 500, after: "1010" },
    ]);
    for await (const { user } of iterateBans(routes, "1", { pageSize: 2 })) if (user.id === "3") break;
    expect(queries.slice(2)).toEqual([
      { limit: 2, after: "0" },
      { limit: 2, after: "2" },
    ]);
    expect(await Array.fromAsync(iterateMembers(routes, "1", { limit: 0 }))).toEqual([]);
    expect(queries).toHaveLength(4);
  });

  it("hands filters on", async () => {
    const log = pagesOf(101, (ids) => ({ audit_log_entries: withId(ids) }), "descending");
    const entries = await Array.fromAsync(iterateAuditLog(log.routes, "1", { user_id: "7", action_type: 22 }));
    expect(entries).toHaveLength(101);
    expect(log.queries[1]).toEqual({ limit: 100, before: "2", user_id: "7", action_type: 22 });
    const reactions = pagesOf(3, withId, "ascending");
    expect(await Array.fromAsync(iterateReactions(reactions.routes, "1", "2", "🔥", { type: 1 }))).toHaveLength(3);
    expect(reactions.queries).toEqual([{ limit: 100, after: "0", type: 1 }]);
  });

  it("gives voters, guilds, users of events and entitlements", async () => {
    const voters = pagesOf(101, (ids) => ({ users: withId(ids) }), "ascending");
    expect(await Array.fromAsync(iteratePollVoters(voters.routes, "1", "2", 3))).toHaveLength(101);
    const things = pagesOf(201, withId, "ascending");
    expect(await Array.fromAsync(iterateGuilds(things.routes))).toHaveLength(201);
    expect(await Array.fromAsync(iterateEntitlements(things.routes, "1"))).toHaveLength(201);
    const users = pagesOf(101, withUser, "ascending");
    expect(await Array.fromAsync(iterateEventUsers(users.routes, "1", "2"))).toHaveLength(101);
  });

  it("stops when the signal aborts, between items too", async () => {
    const { routes, queries } = pagesOf(250, withId, "descending");
    const abort = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id } of iterateMessages(routes, "1", { signal: abort.signal })) {
        seen.push(id);
        if (id === "240") abort.abort(new Error("enough"));
      }
    })();
    await expect(reading).rejects.toThrow("enough");
    expect(seen.at(-1)).toBe("240");
    expect(queries).toHaveLength(1);
  });

  it("does not go round in circles, nor begin with nonsense", async () => {
    const stuck = createRoutes({ request: async <Result>() => withId(["9", "8"]) as Result });
    await expect(Array.fromAsync(iterateMessages(stuck, "1", { pageSize: 2 }))).rejects.toMatchObject({
      code: "REST_INVALID_RESPONSE",
    });
    const odd = createRoutes({ request: async <Result>() => ({}) as Result });
    await expect(Array.fromAsync(iterateBans(odd, "1"))).rejects.toMatchObject({ code: "REST_INVALID_RESPONSE" });
    for (const options of [{ pageSize: 0 }, { pageSize: 101 }, { limit: -1 }, { limit: Number.NaN }, { after: "x" }])
      await expect(Array.fromAsync(iterateMessages(stuck, "1", options))).rejects.toMatchObject({
        code: "REST_INVALID_REQUEST",
      });
  });
});
