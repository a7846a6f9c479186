import { describe, expect, it } from "vitest";
import { resolveRoute } from "./route.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
const ID = "1300000000000000000";
const OTHER = "1300000000000000001";
const route = (method: "GET" | "POST" | "DELETE" | "PUT", path: string) => resolveRoute(method, path, NOW_MS);

describe("resolveRoute", () => {
  it("takes the ids out of the route, and keeps the top-level one as major", () => {
    expect(route("GET", `/channels/${ID}/messages/${OTHER}`)).toEqual({
      key: "GET /channels/:id/messages/:id",
      major: ID,
      hasToken: false,
      routeClass: "reads",
      redactedPath: `/channels/${ID}/messages/${OTHER}`,
    });
    expect(route("GET", `/guilds/${ID}/members/${OTHER}`)).toMatchObject({
      key: "GET /guilds/:id/members/:id",
      major: ID,
    });
    expect(route("GET", `/webhooks/${ID}`)).toMatchObject({ key: "GET /webhooks/:id", major: ID });
    expect(route("GET", `/users/${ID}`)).toMatchObject({ key: "GET /users/:id", major: "" });
    expect(route("GET", "/gateway/bot")).toMatchObject({ key: "GET /gateway/bot", major: "" });
  });

  it("takes names out of the route, so that routes stay few", () => {
    expect(route("PUT", `/channels/${ID}/messages/${OTHER}/reactions/%F0%9F%94%A5/@me`).key).toBe(
      "PUT /channels/:id/messages/:id/reactions/:name/@me",
    );
    expect(route("GET", "/invites/abc").key).toBe(route("GET", "/invites/def").key);
  });

  it("counts the deletion of old messages apart", () => {
    const old = String(BigInt(NOW_MS - 15 * 86_400_000 - 1_420_070_400_000) << 22n);
    const young = String(BigInt(NOW_MS - 1_420_070_400_000) << 22n);
    expect(route("DELETE", `/channels/${ID}/messages/${old}`).key).not.toBe(
      route("DELETE", `/channels/${ID}/messages/${young}`).key,
    );
  });

  it.each([
    ["POST", `/interactions/${ID}/se.cr-et/callback`, "POST /interactions/:id/:token/callback"],
    ["POST", `/webhooks/${ID}/se.cr-et`, "POST /webhooks/:id/:token"],
    ["GET", `/webhooks/${ID}/se.cr-et/messages/@original`, "GET /webhooks/:id/:token/messages/@original"],
    ["DELETE", `/webhooks/${ID}/se.cr-et/messages/${OTHER}`, "DELETE /webhooks/:id/:token/messages/:id"],
  ] as const)("keeps the token of %s %s to itself", (method, path, key) => {
    const resolved = route(method, path);
    expect(resolved).toMatchObject({ key, major: `${ID}/se.cr-et`, hasToken: true });
    expect(resolved.redactedPath).not.toContain("se.cr-et");
    expect(resolved.redactedPath).toContain(ID);
  });
});
