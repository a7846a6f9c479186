import type { RestMethod, RestTransport } from "@antiphon/protocol/discord";
import { describe, expect, it } from "vitest";
import { defineCommand } from "./command.ts";
import { registerCommands } from "./register-commands.ts";

const execute = () => {};
const play = defineCommand({
  name: "play",
  description: "Plays",
  contexts: ["guild"],
  options: {
    volume: { type: "integer", description: "v", minimum: 0, choices: [{ name: "Loud", value: 200 }] },
    query: { type: "string", description: "q", required: true },
  },
  execute,
});
const ping = defineCommand({ name: "ping", description: "Pong", execute });

/** What Discord adds to a command that it lists. */
function listed(id: string, body: object) {
  const bookkeeping = { id, application_id: "200", version: "1", default_member_permissions: null, nsfw: false };
  return {
    ...bookkeeping,
    name_localizations: null,
    description_localizations: null,
    contexts: null,
    integration_types: [0],
    ...body,
  };
}

function fakeRest(list: readonly object[]) {
  const requests: string[] = [];
  const bodies: unknown[] = [];
  const rest: RestTransport = {
    async request<Result>(method: RestMethod, path: string, { body }: { readonly body?: unknown } = {}) {
      requests.push(`${method} ${path}`);
      bodies.push(body);
      return list as Result;
    },
  };
  return { rest, requests: requests as readonly string[], bodies: bodies as readonly unknown[] };
}

const path = "/applications/200/commands";

describe("registerCommands", () => {
  it("sends nothing when nothing changed, whatever defaults Discord writes out", async () => {
    const { rest, requests } = fakeRest([
      listed("1", play.body),
      listed("2", { ...ping.body, contexts: [0, 1, 2], options: [] }),
    ]);
    const result = await registerCommands({ rest, applicationId: "200", commands: [play, ping] });
    expect(requests).toEqual([`GET ${path}`]);
    expect(result).toEqual({ created: [], updated: [], deleted: [], unchanged: ["play", "ping"] });
  });

  it.each([
    ["creates", [listed("1", play.body)], [play, ping], `POST ${path}`, { created: ["ping"] }],
    ["updates", [listed("1", { ...play.body, description: "Old" })], [play], `PATCH ${path}/1`, { updated: ["play"] }],
    ["deletes", [listed("1", play.body), listed("2", ping.body)], [play], `DELETE ${path}/2`, { deleted: ["ping"] }],
  ])("%s one command with one request", async (_, list, commands, request, result) => {
    const { rest, requests } = fakeRest(list);
    expect(await registerCommands({ rest, applicationId: "200", commands })).toMatchObject(result);
    expect(requests.slice(1)).toEqual([request]);
  });

  it("replaces the list at once for several changes", async () => {
    const { rest, requests, bodies } = fakeRest([listed("3", { ...ping.body, name: "old" })]);
    const result = await registerCommands({ rest, applicationId: "200", commands: [play, ping] });
    expect(requests.slice(1)).toEqual([`PUT ${path}`]);
    expect(bodies[1]).toEqual([play.body, ping.body]);
    expect(result).toMatchObject({ created: ["play", "ping"], deleted: ["old"] });
  });

  it("leaves commands of other types alone", async () => {
    const { rest, requests } = fakeRest([{ ...listed("9", {}), type: 2, name: "Report" }]);
    await registerCommands({ rest, applicationId: "200", commands: [play, ping] });
    expect(requests.slice(1)).toEqual([`POST ${path}`, `POST ${path}`]);
  });

  it("leaves contexts out in a guild, where they do not exist", async () => {
    const { rest, requests, bodies } = fakeRest([]);
    await registerCommands({ rest, applicationId: "200", guildId: "400", commands: [play] });
    expect(requests[1]).toBe("POST /applications/200/guilds/400/commands");
    expect(bodies[1]).not.toHaveProperty("contexts");
    const known = fakeRest([listed("1", { ...play.body, contexts: null })]);
    await registerCommands({ rest: known.rest, applicationId: "200", guildId: "400", commands: [play] });
    expect(known.requests).toHaveLength(1);
  });
});
