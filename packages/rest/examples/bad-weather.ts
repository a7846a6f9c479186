// What a client does when Discord has a bad day: failures are repeated where that does no harm, a breaker stops asking what does not
// answer, deletions are gathered into one request, and a message is not sent twice.
// Here: `npx node --conditions=@antiphon/source packages/rest/examples/bad-weather.ts`; in a project of your own: `node bad-weather.ts`.
import { createCircuitBreaker } from "@antiphon/patterns/resilience";
import { createRequestBatcher, createRest } from "@antiphon/rest";
import { createRoutes } from "@antiphon/rest/routes";
import { startDiscordSimulator } from "@antiphon/sim/discord";
import { describeError } from "@antiphon/std";

await using discord = await startDiscordSimulator({ rateLimits: { enforce: false } });
const { world } = discord;
const bot = world.addApplication({ name: "Sailor" });
const guild = world.addGuild({ name: "Sea" });
world.addMember(guild.id, bot.botUserId, { permissions: 8n });
const channel = world.addChannel(guild.id, { name: "log", type: "text" });

// Any `Policy` of @antiphon/std will do, for each class of routes its own.
const breaker = createCircuitBreaker({ name: "reads", failureThreshold: 3, recoveryTimeoutMs: 60_000 });
await using rest = createRest({
  token: bot.token,
  api: discord.apiUrl,
  retryPolicies: {
    messages: { retries: 4, baseMs: 5, maximumMs: 50 },
    reads: { retries: 5, baseMs: 5, maximumMs: 50 },
  },
  policies: { reads: breaker },
});
rest.on("retry", ({ method, path, attempt, problem }) =>
  console.log(`  again (${attempt}): ${method} ${path}: ${problem}`),
);
const { channels, guilds } = createRoutes(rest);

// A message carries a nonce, so that Discord itself drops the second of two.
world.failRequests({ status: 502, count: 2, match: "POST" });
const message = await channels.createMessage(channel.id, { content: "all hands on deck" });
console.log(`sent after two failures: ${world.messages(channel.id).length} message in the channel, ${message.content}`);

// Reads fail for good. The third failure in a row opens the breaker, and what is asked later does not go out at all.
world.failRequests({ status: 503, count: 100, match: `GET /api/v10/guilds/${guild.id}` });
await guilds.get(guild.id).catch((error: unknown) => console.log(describeError(error)));
const asked = () =>
  discord.transcript.entries.filter((entry) => entry.type === "request" && entry.method === "GET").length;
const before = asked();
await guilds.get(guild.id).catch((error: unknown) => console.log(describeError(error)));
console.log(
  `breaker: ${breaker.state}; what it kept from going out: ${asked() === before ? "the whole request" : "nothing"}`,
);

// Twenty deletions within a moment become one request to the bulk route.
const ids = Array.from(
  { length: 20 },
  (_, index) => world.sendMessage({ channelId: channel.id, authorId: guild.ownerId, content: `wave ${index}` }).id,
);
await using batcher = createRequestBatcher({ transport: rest, maximumWaitMs: 20 });
const sentBefore = rest.getStats().requests;
await Promise.all(
  ids.map((id) => batcher.request("DELETE", `/channels/${channel.id}/messages/${id}`, { reason: "calm sea" })),
);
console.log(
  `${ids.length} deletions, ${rest.getStats().requests - sentBefore} request; left: ${world.messages(channel.id).length} message`,
);
