import type { GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator, type DiscordSimulator, type DiscordSimulatorOptions } from "@antiphon/sim/discord";
import { afterEach, describe, expect, it } from "vitest";
import { createRequestBatcher, createRest, type Rest } from "../src/index.ts";

interface Rig {
  readonly simulator: DiscordSimulator;
  readonly rest: Rest;
  readonly guildId: string;
  readonly channelIds: readonly string[];
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

async function setUp(options: DiscordSimulatorOptions = {}, channels = 1): Promise<Rig> {
  const simulator = await startDiscordSimulator(options);
  const { world } = simulator;
  const bot = world.addApplication({ name: "Bot" });
  const guild = world.addGuild({ name: "Guild" });
  // An administrator, by bit 3.
  world.addMember(guild.id, bot.botUserId, { permissions: 8n });
  const channelIds = Array.from(
    { length: channels },
    (_, index) => world.addChannel(guild.id, { name: `c${index}`, type: "text" }).id,
  );
  const rest = createRest({ token: bot.token, api: simulator.apiUrl });
  open.push(simulator, rest);
  return { simulator, rest, guildId: guild.id, channelIds };
}

describe("against the simulated Discord", () => {
  it("asks for the gateway, sends, edits, reads and deletes messages", async () => {
    const { rest, simulator, channelIds } = await setUp();
    const messages = `/channels/${channelIds[0]}/messages`;
    expect((await rest.request<GatewayInfo>("GET", "/gateway/bot")).url).toBe(simulator.gatewayUrl);
    const sent = await rest.request<{ readonly id: string }>("POST", messages, { body: { content: "hello" } });
    await rest.request("PATCH", `${messages}/${sent.id}`, { body: { content: "hello there" } });
    const list = await rest.request("GET", messages, { query: { limit: 10 } });
    expect(list).toMatchObject([{ id: sent.id, content: "hello there" }]);
    expect(await rest.request("DELETE", `${messages}/${sent.id}`)).toBeUndefined();
    expect(simulator.world.messages(channelIds[0] as string)).toEqual([]);
    expect(simulator.transcript.problems).toEqual([]);
  });

  it("uploads files", async () => {
    const { rest, channelIds } = await setUp();
    const message = await rest.request("POST", `/channels/${channelIds[0]}/messages`, {
      body: { content: "see", attachments: [{ id: 0, description: "notes" }] },
      files: [{ name: "notes.txt", data: "some text", contentType: "text/plain" }],
    });
    expect(message).toMatchObject({ content: "see", attachments: [{ filename: "notes.txt", size: 9 }] });
  });

  it("says which field Discord did not like", async () => {
    const { rest, channelIds } = await setUp();
    const tooLong = rest.request("POST", `/channels/${channelIds[0]}/messages`, {
      body: { content: "x".repeat(2_001) },
    });
    await expect(tooLong).rejects.toMatchObject({
      code: "REST_HTTP_ERROR",
      message: expect.stringMatching(/400 \(50035\): .*content: /) as string,
      details: { status: 400, discordCode: 50035, errors: [{ path: "content" }] },
    });
  });

  it("deletes and bans in bulk what a batcher has gathered", async () => {
    const { rest, simulator, channelIds, guildId } = await setUp();
    const messages = `/channels/${channelIds[0]}/messages`;
    await using batcher = createRequestBatcher({ transport: rest, maximumWaitMs: 1 });
    const sent = await Promise.all(
      Array.from({ length: 3 }, () =>
        rest.request<{ readonly id: string }>("POST", messages, { body: { content: "x" } }),
      ),
    );
    const before = rest.getStats().requests;
    await Promise.all(sent.map(({ id }) => batcher.request("DELETE", `${messages}/${id}`, { reason: "spam" })));
    expect(rest.getStats().requests - before).toBe(1);
    expect(simulator.world.messages(channelIds[0] as string)).toEqual([]);
    const users = Array.from({ length: 3 }, (_, index) => simulator.world.addUser({ username: `user-${index}` }));
    await Promise.all(users.map(({ id }) => batcher.request("PUT", `/guilds/${guildId}/bans/${id}`)));
    expect(rest.getStats().requests - before).toBe(2);
    expect(await rest.request("GET", `/guilds/${guildId}/bans`)).toHaveLength(3);
    expect(simulator.transcript.problems).toEqual([]);
  });

  it("knows a wrong token", async () => {
    const { simulator } = await setUp();
    await using rest = createRest({ token: "wrong", api: simulator.apiUrl });
    await expect(rest.request("GET", "/users/@me")).rejects.toMatchObject({ code: "REST_UNAUTHORIZED" });
  });

  it("gets through a storm without a single 429", async () => {
    const route = "POST /channels/:channelId/messages";
    const rateLimits = { globalPerSecond: 50, routes: { [route]: { limit: 5, windowMs: 300 } } };
    const { rest, simulator, channelIds } = await setUp({ rateLimits }, 12);
    const sends = channelIds.flatMap((channelId) =>
      Array.from({ length: 10 }, (_, index) =>
        rest.request("POST", `/channels/${channelId}/messages`, { body: { content: `${index}` } }),
      ),
    );
    await Promise.all(sends);
    for (const channelId of channelIds) expect(simulator.world.messages(channelId)).toHaveLength(10);
    expect(rest.getStats()).toMatchObject({ requests: 120, rateLimited: 0, failures: 0 });
  });

  it("loses nothing and doubles nothing while every fifth request fails", async () => {
    const { rest, simulator, channelIds } = await setUp({ rateLimits: { enforce: false } }, 4);
    const sent: Promise<unknown>[] = [];
    for (const channelId of channelIds) {
      for (let index = 0; index < 5; index++) {
        if (index === 0) simulator.world.failRequests({ status: [500, 502, 503][sent.length % 3] as number });
        sent.push(rest.request("POST", `/channels/${channelId}/messages`, { body: { content: `${index}` } }));
      }
    }
    await Promise.all(sent);
    for (const channelId of channelIds) {
      const contents = simulator.world.messages(channelId).map(({ content }) => content);
      expect(contents.toSorted()).toEqual(["0", "1", "2", "3", "4"]);
    }
    expect(rest.getStats()).toMatchObject({ retries: 4, failures: 0 });
  });
});
