import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApiCall } from "./discord-api-call.ts";

interface Interaction {
  readonly id: string;
  readonly type: number;
  readonly token: string;
  readonly data?: { readonly name: string };
}

/** What the bot's endpoint answers; `undefined` as body is no body. */
interface EndpointReply {
  readonly status: number;
  readonly body?: unknown;
}

let simulator: DiscordSimulator;
let clock: ManualClock;
let server: Server;
let url: string;
let bot: { applicationId: string; publicKey: string; token: string };
let ids: { guildId: string; channelId: string; userId: string; applicationId: string };
let reply: (interaction: Interaction) => EndpointReply | Promise<EndpointReply>;
let verifies: boolean;

/** What stands before the 32 bytes of an Ed25519 key in its DER form. */
const SPKI_PREFIX = "302a300506032b6570032100";

function isGenuine(headers: NodeJS.Dict<string | string[]>, body: string): boolean {
  const key = createPublicKey({ key: Buffer.from(SPKI_PREFIX + bot.publicKey, "hex"), format: "der", type: "spki" });
  const signed = Buffer.from(`${String(headers["x-signature-timestamp"])}${body}`);
  return verify(null, signed, key, Buffer.from(String(headers["x-signature-ed25519"]), "hex"));
}

beforeEach(async () => {
  clock = createManualClock();
  simulator = await startDiscordSimulator({ clock });
  const { world } = simulator;
  bot = world.addApplication({ name: "Jukebox" });
  const { applicationId } = bot;
  const { id: userId } = world.addUser({ username: "ada" });
  const { id: guildId } = world.addGuild({ name: "Antiphon", ownerId: userId });
  const { id: channelId } = world.addChannel(guildId, { name: "general", type: "text" });
  world.addMember(guildId, applicationId);
  ids = { guildId, channelId, userId, applicationId };
  const call = createApiCall(simulator.apiUrl, bot.token);
  await call("POST", `/applications/${applicationId}/commands`, { name: "play", description: "Plays" });
  verifies = true;
  reply = ({ type }) => ({ status: 200, body: type === 1 ? { type: 1 } : { type: 4, data: { content: "hi" } } });
  server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const isRefused = verifies && !isGenuine(request.headers, body);
      const answer = isRefused ? { status: 401 } : await reply(JSON.parse(body) as Interaction);
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end("body" in answer ? JSON.stringify(answer.body) : "");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/interactions`;
});

afterEach(async () => {
  await simulator.close();
  server.closeAllConnections();
  server.close();
});

test("an endpoint answers in the response, and edits and follows up as ever", async () => {
  await simulator.world.setInteractionsEndpoint(ids.applicationId, url);
  let token = "";
  reply = (interaction) => {
    ({ token } = interaction);
    return { status: 200, body: { type: 5 } };
  };
  const result = await simulator.world.invokeCommand({ ...ids, name: "play" });
  expect(result).toMatchObject({ outcome: "deferred", thinking: true });
  const call = createApiCall(simulator.apiUrl, bot.token);
  await call("PATCH", `/webhooks/${ids.applicationId}/${token}/messages/@original`, { content: "Now playing" });
  expect(result.message).toMatchObject({ content: "Now playing", interaction: { name: "play" } });
  expect(simulator.transcript.problems).toEqual([]);
  expect(JSON.stringify(simulator.transcript.entries)).not.toContain(token);
});

test("an endpoint that says 202 answers by the callback route", async () => {
  await simulator.world.setInteractionsEndpoint(ids.applicationId, url);
  reply = async ({ id, token }) => {
    const call = createApiCall(simulator.apiUrl, bot.token);
    await call("POST", `/interactions/${id}/${token}/callback`, { type: 4, data: { content: "hello" } });
    return { status: 202 };
  };
  const result = await simulator.world.invokeCommand({ ...ids, name: "play" });
  expect(result).toMatchObject({ outcome: "message", message: { content: "hello" } });
  expect(simulator.transcript.problems).toEqual([]);
});

test.each([
  ["does not look at signatures", () => (verifies = false), "wrong signature"],
  ["answers a PING with something else", () => (reply = () => ({ status: 200, body: { type: 4 } })), "not of type 1"],
  ["fails", () => (reply = () => ({ status: 500 })), "by 500"],
])("an endpoint that %s is not taken", async (_name, spoil, reason) => {
  spoil();
  await expect(simulator.world.setInteractionsEndpoint(ids.applicationId, url)).rejects.toMatchObject({
    code: "SIM_DISCORD_ENDPOINT_REFUSED",
    message: expect.stringContaining(reason),
  });
});

test.each([
  ["an error", { status: 500 }],
  ["something that is no answer", { status: 200, body: { type: 99 } }],
])("a person learns at once that an endpoint answered %s", async (_name, answer: EndpointReply) => {
  await simulator.world.setInteractionsEndpoint(ids.applicationId, url);
  reply = () => answer;
  expect((await simulator.world.invokeCommand({ ...ids, name: "play" })).outcome).toBe("unanswered");
  expect(simulator.transcript.problems).toHaveLength(1);
});

test("an endpoint that is too slow has not answered, and one that is gone can be forgotten", async () => {
  await simulator.world.setInteractionsEndpoint(ids.applicationId, url);
  const arrived = Promise.withResolvers<void>();
  reply = () => {
    arrived.resolve();
    return new Promise(() => {});
  };
  const invoked = simulator.world.invokeCommand({ ...ids, name: "play" });
  await arrived.promise;
  await clock.advance(3_000);
  expect((await invoked).outcome).toBe("unanswered");
  await simulator.world.setInteractionsEndpoint(ids.applicationId, null);
  const over = simulator.world.invokeCommand({ ...ids, name: "play" });
  await clock.advance(3_000);
  expect((await over).outcome).toBe("unanswered");
});
