import { describe, expect, it } from "vitest";
import { createClient, type Client } from "@antiphon/core";
import { createFakeGateway, createFakeRest } from "./fake-ports.ts";

// What a user typed must not become another request than the one that was meant.
const forged = "500/messages/7";

const calls: readonly [string, (client: Client) => Promise<unknown>][] = [
  ["getGuild", (client) => client.getGuild(forged)],
  ["getChannel", (client) => client.getChannel(forged)],
  ["getMember", (client) => client.getMember("400", forged)],
  ["messages.send", (client) => client.messages.send(forged, "hi")],
  ["messages.edit", (client) => client.messages.edit("500", forged, "hi")],
  ["messages.delete", (client) => client.messages.delete("500", forged)],
  ["commands.register", (client) => client.commands.register({ guildId: forged })],
];

describe("an id that is none", () => {
  it.each(calls)("never gets into a path of %s", async (operation, call) => {
    const rest = createFakeRest();
    const client = createClient({ gateway: createFakeGateway(), rest, intents: [] });
    await client.connect();
    await expect(call(client)).rejects.toMatchObject({
      code: "CORE_OPTION_INVALID",
      message: expect.stringContaining(`${operation}(): `),
    });
    expect(rest.requests).toEqual([]);
    await client.close();
  });
});
