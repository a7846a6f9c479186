import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { RestRequestOptions, RestTransport } from "@antiphon/protocol/discord";
import { createSecret } from "@antiphon/std";
import { Routes as DocumentedRoutes } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { createRoutes, routeTables, type Endpoint } from "./index.ts";

const CHANNEL = "123456789012345678";
const MESSAGE = "223456789012345678";

/** A page for browsers, not a request that a bot could send. */
const notForBots: ReadonlySet<string> = new Set(["GET /oauth2/authorize"]);

type Listed = Pick<Endpoint<[], unknown>, "authenticate" | "method" | "path">;
const ours = Object.values<Readonly<Record<string, Listed>>>({ ...routeTables }).flatMap((table) =>
  Object.values(table),
);
const shapeOf = (method: string, path: string) => `${method} ${path.replaceAll(/\$?\{[^}]*\}|<\w+>/g, "{}")}`;

/** Which requests discord-api-types documents for each function of its `Routes`. */
async function documentedRequests(): Promise<ReadonlyMap<string, readonly string[]>> {
  const main = createRequire(import.meta.url).resolve("discord-api-types/rest/v10");
  const text = await readFile(join(dirname(main), "../../_generated_/rest/v10/interfaces.d.ts"), "utf8");
  const [, declarations = ""] = /interface RoutesDeclarations \{([\s\S]*?)\n\}/.exec(text) ?? [];
  const requests = new Map<string, readonly string[]>();
  let documented: string[] = [];
  for (const line of declarations.split("\n")) {
    const [, method, path] = /- (GET|POST|PUT|PATCH|DELETE)\s+`([^`]+)`/.exec(line) ?? [];
    if (method !== undefined && path !== undefined) documented.push(shapeOf(method, path));
    const [, name] = /^\s{4}(\w+)\(/.exec(line) ?? [];
    if (name === undefined) continue;
    requests.set(name, documented);
    documented = [];
  }
  return requests;
}

interface Sent extends RestRequestOptions {
  readonly method: string;
  readonly path: string;
}

function recorder() {
  const sent: Sent[] = [];
  const transport: RestTransport = {
    request: async <Result>(...[method, path, options]: Parameters<RestTransport["request"]>) => {
      sent.push({ method, path, ...options });
      return undefined as Result;
    },
  };
  return { sent, routes: createRoutes(transport) };
}

describe("the routes", () => {
  it("are all that discord-api-types knows, and no others", async () => {
    const documented = await documentedRequests();
    expect([...documented.keys()].toSorted()).toEqual(Object.keys(DocumentedRoutes).toSorted());
    for (const [name, requests] of documented) expect(requests, name).not.toEqual([]);
    const expected = new Set([...documented.values()].flat().filter((request) => !notForBots.has(request)));
    expect(new Set(ours.map(({ method, path }) => shapeOf(method, path)))).toEqual(expected);
    expect(expected.size).toBeGreaterThan(200);
  });

  it("name their parameters as their paths do", async () => {
    const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith("-routes.ts"));
    let compared = 0;
    for (const file of files) {
      const source = await readFile(join(import.meta.dirname, file), "utf8");
      const aliases = new Map(
        Array.from(source.matchAll(/type (\w+) = \[([^\]]*)\]/g), ([, name, list]) => [name, list]),
      );
      for (const [, alias, list, path = ""] of source.matchAll(
        /(?:call|send)<\s*(?:(\w+)|\[([^\]]*)\]),[\s\S]*?"(?:GET|POST|PUT|PATCH|DELETE)",\s*"([^"]+)"/g,
      )) {
        const labels = Array.from((list ?? aliases.get(alias) ?? "").matchAll(/(\w+):/g), ([, label]) => label);
        const placeholders = Array.from(path.matchAll(/[{<](\w+)/g), ([, name]) => name);
        expect(placeholders, path).toEqual(labels);
        compared++;
      }
    }
    expect(compared).toBe(ours.length);
  });

  it("fill their paths, send bodies and options along", async () => {
    const { sent, routes } = recorder();
    const { signal } = new AbortController();
    const files = [{ name: "a.txt", data: "a" }];
    await routes.channels.createMessage(CHANNEL, { content: "hello" }, { files, signal });
    await routes.channels.addReaction(CHANNEL, MESSAGE, "party:323456789012345678");
    await routes.channels.listPollVoters(CHANNEL, MESSAGE, 3, { query: { limit: 5 } });
    await routes.members.ban(CHANNEL, MESSAGE, {}, { reason: "spam" });
    expect(sent).toEqual([
      { method: "POST", path: `/channels/${CHANNEL}/messages`, body: { content: "hello" }, files, signal },
      { method: "PUT", path: `/channels/${CHANNEL}/messages/${MESSAGE}/reactions/party%3A323456789012345678/@me` },
      { method: "GET", path: `/channels/${CHANNEL}/polls/${MESSAGE}/answers/3`, query: { limit: 5 } },
      { method: "PUT", path: `/guilds/${CHANNEL}/bans/${MESSAGE}`, body: {}, reason: "spam" },
    ]);
  });

  it("send no bot token where the path has one, or where a user's is given", async () => {
    const { sent, routes } = recorder();
    await routes.webhooks.executeAndWait(CHANNEL, "secret/token", { content: "x" }, { query: { thread_id: MESSAGE } });
    await routes.interactions.reply(CHANNEL, "token", { type: 6 });
    await routes.users.listConnections({ accessToken: createSecret("users") });
    expect(sent).toEqual([
      {
        method: "POST",
        path: `/webhooks/${CHANNEL}/secret%2Ftoken`,
        body: { content: "x" },
        query: { thread_id: MESSAGE, wait: true },
        authenticate: false,
      },
      { method: "POST", path: `/interactions/${CHANNEL}/token/callback`, body: { type: 6 }, authenticate: false },
      {
        method: "GET",
        path: "/users/@me/connections",
        authenticate: false,
        headers: { authorization: "Bearer users" },
      },
    ]);
    for (const { path, authenticate } of ours) if (path.includes("Token>")) expect(authenticate, path).toBe(false);
  });

  it("put files where the route wants them", async () => {
    const { sent, routes } = recorder();
    const body = { name: "cat", description: "", tags: "cat" };
    await routes.stickers.create(CHANNEL, body, { files: [{ name: "cat.png", data: "png" }], reason: "cute" });
    await routes.invites.setTargetUsers("abc", { files: [{ name: "users.csv", data: "1" }] });
    expect(sent).toEqual([
      {
        method: "POST",
        path: `/guilds/${CHANNEL}/stickers`,
        body,
        bodyFormat: "form",
        files: [{ field: "file", name: "cat.png", data: "png" }],
        reason: "cute",
      },
      {
        method: "PUT",
        path: "/invites/abc/target-users",
        files: [{ field: "target_users_file", name: "users.csv", data: "1" }],
      },
    ]);
  });

  it("refuse what is no id, or no text, and show no token", async () => {
    const { sent, routes } = recorder();
    const refused = { code: "REST_INVALID_REQUEST" };
    await expect(routes.channels.get("general")).rejects.toMatchObject({
      ...refused,
      message:
        'GET /channels/{channelId}: channelId must be a snowflake, an id of digits in a text; "general" is none.',
    });
    await expect(routes.channels.get("1/../2")).rejects.toMatchObject(refused);
    await expect(routes.channels.getMessage(CHANNEL, "")).rejects.toMatchObject(refused);
    await expect(routes.invites.get("")).rejects.toMatchObject(refused);
    await expect(routes.invites.get("\ud800")).rejects.toMatchObject(refused);
    const swapped = routes.webhooks.getWithToken("secret-token", CHANNEL);
    await expect(swapped).rejects.toMatchObject({
      ...refused,
      message: expect.not.stringContaining("secret") as string,
    });
    expect(sent).toEqual([]);
  });
});
