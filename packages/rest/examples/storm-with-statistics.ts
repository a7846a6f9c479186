// Sends far more at once than Discord's limits allow and gets not one 429: buckets are learned, requests wait their turn, and the
// statistics tell afterwards what waited for what.
// Here: `npx node --conditions=@antiphon/source packages/rest/examples/storm-with-statistics.ts`; in a project of your own:
// `node storm-with-statistics.ts`.
import { createRest, RestError } from "@antiphon/rest";
import { createRoutes } from "@antiphon/rest/routes";
import { startDiscordSimulator } from "@antiphon/sim/discord";

// The simulator keeps Discord's limits; here those of messages are tighter and shorter, so that the storm is soon over.
await using discord = await startDiscordSimulator({
  rateLimits: {
    routes: {
      "POST /channels/:channelId/messages": { limit: 5, windowMs: 1_000 },
      "GET /guilds/:guildId": { limit: 20, windowMs: 1_000 },
    },
  },
});
const { world } = discord;
const bot = world.addApplication({ name: "Storm" });
const guild = world.addGuild({ name: "Harbour" });
world.addMember(guild.id, bot.botUserId);
const channels = ["north", "east", "south", "west"].map((name) => world.addChannel(guild.id, { name, type: "text" }));

await using rest = createRest({ token: bot.token, api: discord.apiUrl });
rest.on("rateLimited", ({ path, scope }) => console.log(`a 429 after all: ${path} (${scope})`));
const routes = createRoutes(rest);

// Everything is asked for in the same moment. A bucket's first request goes alone, because its answer tells the limit.
const sends = channels.flatMap((channel) =>
  Array.from({ length: 12 }, (_, index) => routes.channels.createMessage(channel.id, { content: `gust ${index}` })),
);
const reads = Array.from({ length: 40 }, () => routes.guilds.get(guild.id));
const duringStorm = rest.getStats();
console.log(`pending: ${duringStorm.pending}`);
await Promise.all([...sends, ...reads]);

for (const channel of channels) console.log(`${channel.name}: ${world.messages(channel.id).length} messages`);
const { requests, rateLimited, failures, buckets } = rest.getStats();
console.log({ requests, rateLimited, failures, buckets });

// A caller who would rather not wait says for how long at most, or gives up with a signal.
await using impatient = createRest({ token: bot.token, api: discord.apiUrl, rateLimitWaitLimitMs: 0 });
const hurried = createRoutes(impatient);
const whisper = (index: number) =>
  hurried.channels.createMessage(channels[0]?.id ?? "", { content: `now or never ${index}` });
await whisper(0); // a bucket's limit is known from its first answer on
const outcomes = await Promise.allSettled(Array.from({ length: 30 }, (_, index) => whisper(index + 1)));
const refused = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
const codes = new Set(refused.map(({ reason }) => (reason instanceof RestError ? reason.code : "another")));
console.log(
  `of thirty that would not wait, ${refused.length > 0 ? "some were" : "none was"} refused: ${[...codes].join(", ")}`,
);

const giveUp = new AbortController();
const cancelled = rest.request("GET", `/guilds/${guild.id}`, { signal: giveUp.signal });
giveUp.abort(new Error("nobody wants to know any more"));
await cancelled.catch((error: Error) => console.log(`cancelled: ${error.message}`));
