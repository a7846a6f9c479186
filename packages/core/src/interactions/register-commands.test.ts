import type { RestMethod, RestTransport } from "@antiphon/protocol/discord";
import { describe, expect, it } from "vitest";
import { defineCommand } from "./command.ts";
import { defineMessageCommand, defineUserCommand } from "./context-menu-command.ts";
import { defineEntryPoint } from "./entry-point-command.ts";
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
    ["updates", [listed("1", { ...play.body, description: "Old" })], [play], `PUT ${path}`, { updated: ["play"] }],
    ["deletes", [listed("1", play.body), listed("2", ping.body)], [play], `DELETE ${path}/2`, { deleted: ["ping"] }],
  ])("%s one command with one request", async (_, list, commands, request, result) => {
    const { rest, requests } = fakeRest(list);
    expect(await registerCommands({ rest, applicationId: "200", commands })).toMatchObject(result);
    expect(requests.slice(1)).toEqual([request]);
  });

  it("takes away what a command no longer has, which a change of it alone would leave as it was", async () => {
    const before = { default_member_permissions: "8", name_localizations: { de: "klingeln" }, nsfw: true };
    const { rest, bodies } = fakeRest([listed("1", { ...ping.body, ...before }), listed("2", play.body)]);
    const result = await registerCommands({ rest, applicationId: "200", commands: [ping, play] });
    expect(result).toMatchObject({ updated: ["ping"], unchanged: ["play"] });
    // The list as a whole replaces every field; the id keeps permissions that were set for the command in a guild.
    expect(bodies[1]).toEqual([
      { id: "1", ...ping.body },
      { id: "2", ...play.body },
    ]);
  });

  it("replaces the list at once for several changes", async () => {
    const { rest, requests, bodies } = fakeRest([listed("3", { ...ping.body, name: "old" })]);
    const result = await registerCommands({ rest, applicationId: "200", commands: [play, ping] });
    expect(requests.slice(1)).toEqual([`PUT ${path}`]);
    expect(bodies[1]).toEqual([play.body, ping.body]);
    expect(result).toMatchObject({ created: ["play", "ping"], deleted: ["old"] });
  });

  it("tells commands of different types with the same name apart", async () => {
    const user = defineUserCommand({ name: "ping", execute });
    const message = defineMessageCommand({ name: "ping", execute });
    const { rest, requests, bodies } = fakeRest([listed("1", ping.body), listed("2", user.body)]);
    const result = await registerCommands({ rest, applicationId: "200", commands: [ping, user, message] });
    expect(requests.slice(1)).toEqual([`POST ${path}`]);
    expect(bodies[1]).toEqual({ type: 3, name: "ping" });
    expect(result).toMatchObject({ created: ["ping"], unchanged: ["ping", "ping"], deleted: [] });
  });

  it("keeps an entry point that is not ours, also when the list is replaced", async () => {
    const entry = { ...listed("9", { type: 4, name: "launch", description: "", handler: 2 }) };
    const { rest, requests, bodies } = fakeRest([entry, listed("3", { ...ping.body, name: "old" })]);
    const result = await registerCommands({ rest, applicationId: "200", commands: [play] });
    expect(requests.slice(1)).toEqual([`PUT ${path}`]);
    expect(bodies[1]).toMatchObject([play.body, { id: "9", type: 4, name: "launch", handler: 2 }]);
    expect(bodies[1]).not.toHaveProperty("[1].application_id");
    expect(result.deleted).toEqual(["old"]);
  });

  it("changes Discord's entry point into ours, and knows none in a guild", async () => {
    const entry = listed("9", { type: 4, name: "launch", description: "", handler: 2 });
    const ours = defineEntryPoint({ name: "Play", execute });
    const { rest, requests, bodies } = fakeRest([entry]);
    await registerCommands({ rest, applicationId: "200", commands: [ours] });
    expect(requests.slice(1)).toEqual([`PUT ${path}`]);
    expect(bodies[1]).toEqual([{ id: "9", type: 4, name: "Play", handler: 1 }]);
    const inGuild = fakeRest([]);
    await registerCommands({ rest: inGuild.rest, applicationId: "200", guildId: "400", commands: [ours] });
    expect(inGuild.requests).toHaveLength(1);
  });

  it("sends a changed translation, and nothing for the same ones in another order", async () => {
    const names = { de: "Laut", fr: "Fort" };
    const options = {
      volume: {
        type: "string",
        description: "v",
        choices: [{ name: "Loud", nameLocalizations: names, value: "l" }],
        descriptionLocalizations: { de: "Wie laut" },
      },
    } as const;
    const command = defineCommand({
      name: "volume",
      nameLocalizations: { de: "laut" },
      description: "v",
      options,
      execute,
    });
    const [volume] = command.body.options ?? [];
    const choices = [{ name: "Loud", name_localizations: { fr: "Fort", de: "Laut" }, value: "l" }];
    const theirs = { ...listed("1", command.body), options: [{ ...volume, choices }] };
    const same = fakeRest([theirs]);
    await registerCommands({ rest: same.rest, applicationId: "200", commands: [command] });
    expect(same.requests).toHaveLength(1);
    const changed = fakeRest([{ ...theirs, name_localizations: { de: "lauter" } }]);
    await registerCommands({ rest: changed.rest, applicationId: "200", commands: [command] });
    expect(changed.requests.slice(1)).toEqual([`PUT ${path}`]);
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
