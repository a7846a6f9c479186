import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { startDiscordSimulator, type DiscordSimulator } from "@antiphon/sim/discord";
import { createManualClock, type ManualClock } from "@antiphon/std";
import { GatewayIntentBits as Intent } from "discord-api-types/v10";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApiCall } from "./discord-api-call.ts";
import { identifyData, openRawClient } from "./discord-raw-client.ts";

// What lies between a client and Discord: latency, and Cloudflare.

let simulator: DiscordSimulator;
let clock: ManualClock;
let call: ReturnType<typeof createApiCall>;
let bot: { token: string; applicationId: string; botUserId: string };
let ids: { guildId: string; channelId: string; userId: string };

beforeEach(async () => {
  clock = createManualClock();
  const invalidRequests = { limit: 3, windowMs: 10_000 };
  simulator = await startDiscordSimulator({ clock, rateLimits: { invalidRequests } });
  const { world } = simulator;
  bot = world.addApplication({ name: "Jukebox" });
  const { id: userId } = world.addUser({ username: "ada" });
  const { id: guildId } = world.addGuild({ name: "Antiphon", ownerId: userId });
  const { id: channelId } = world.addChannel(guildId, { name: "general", type: "text" });
  world.addMember(guildId, bot.botUserId);
  ids = { guildId, channelId, userId };
  call = createApiCall(simulator.apiUrl, bot.token);
});

afterEach(() => simulator.close());

/** The raw answer to `GET /users/@me`, without anything that fetch would add to the request. */
async function ask(headers: Record<string, string>) {
  const sent = request(`${simulator.apiUrl}/v10/users/@me`, { headers });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

test("an address with too many invalid requests is shut out for the rest of its window", async () => {
  const authorization = `Bot ${bot.token}`;
  const agent = { "user-agent": "DiscordBot (https://example.com, 1)" };
  for (let count = 0; count < 3; count++) expect((await ask({ ...agent, authorization: "Bot no" })).status).toBe(401);
  await clock.advance(4_000);
  const refused = await ask({ ...agent, authorization });
  expect(refused).toMatchObject({
    status: 429,
    headers: { "content-type": "text/html", "retry-after": "6", server: "cloudflare" },
    text: expect.stringContaining("1015"),
  });
  expect(refused.headers).not.toHaveProperty("x-ratelimit-scope");
  await clock.advance(6_000);
  expect((await ask({ ...agent, authorization })).status).toBe(200);
});

test("a client that does not say who it is gets 40333", async () => {
  const { status, text } = await ask({ authorization: `Bot ${bot.token}` });
  expect([status, (JSON.parse(text) as { code: number }).code]).toEqual([403, 40333]);
});

test("a planned failure looks like Cloudflare's", async () => {
  simulator.world.failRequests({ status: 502 });
  const answer = await ask({ authorization: `Bot ${bot.token}`, "user-agent": "x" });
  expect(answer).toMatchObject({ status: 502, headers: { "content-type": "text/html" } });
  expect(answer.text).toContain("502 Bad Gateway");
});

test("HTTP answers take their time", async () => {
  simulator.world.setLatency({ restMs: 80 });
  const answered = call("GET", "/users/@me");
  await expect.poll(() => clock.pendingTimers).toBe(1);
  await clock.advance(79);
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(1);
  expect((await answered).status).toBe(200);
});

test("frames are late, but never out of order, and the same seed gives the same jitter", async () => {
  const client = await openRawClient(simulator.gatewayUrl);
  client.send(2, identifyData(bot.token, Intent.Guilds | Intent.GuildMessages));
  await client.dispatch("GUILD_CREATE");
  simulator.world.setLatency({ gatewayMs: 50, jitterMs: 100 });
  const sent = Array.from(
    { length: 20 },
    () => simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content: "x" }).id,
  );
  await client.flushed();
  expect(client.rest()).toEqual([]);
  await clock.advance(200);
  const seen: unknown[] = [];
  while (seen.length < sent.length) seen.push(((await client.dispatch("MESSAGE_CREATE")).d as { id: string }).id);
  expect(seen).toEqual(sent);
  client.cut();
});

test("a close code comes after the frames that are still under way", async () => {
  const client = await openRawClient(simulator.gatewayUrl);
  client.send(2, identifyData(bot.token, Intent.Guilds | Intent.GuildMessages));
  await client.dispatch("GUILD_CREATE");
  simulator.world.setLatency({ gatewayMs: 50 });
  simulator.world.sendMessage({ channelId: ids.channelId, authorId: ids.userId, content: "last" });
  simulator.world.dropConnections({ code: 4000 });
  // The encoder hands frames over in a microtask; the wait for both of them is the wait for a round trip.
  await call("GET", "/users/@me");
  await clock.advance(100);
  expect((await client.dispatch("MESSAGE_CREATE")).t).toBe("MESSAGE_CREATE");
  expect(await client.closed).toBe(4000);
});

test("a slow world ends at once", async () => {
  simulator.world.setLatency({ restMs: 60_000 });
  const answered = call("GET", "/users/@me").then(
    () => "answered",
    () => "cut",
  );
  await expect.poll(() => clock.pendingTimers).toBe(1);
  await simulator.close();
  expect(await answered).toBe("cut");
  expect(clock.pendingTimers).toBe(0);
});
