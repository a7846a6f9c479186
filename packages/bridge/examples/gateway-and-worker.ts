// One bot as two roles: a gateway holds its connection, a worker does its work, and the worker can be replaced while people talk, without
// losing a message. Here both run in one process; over NATS each runs where you like, as often as you like.
// Here: `npx node --conditions=@antiphon/source packages/bridge/examples/gateway-and-worker.ts`; in a project of your own:
// `node gateway-and-worker.ts`.
import { createMemoryBus } from "@antiphon/bridge";
import { createDiscordWorker, openDiscordGatewayRole } from "@antiphon/bridge/discord";
import { createClient, defineCommand } from "@antiphon/core";
import { createGateway } from "@antiphon/gateway";
import type { GatewayInfo } from "@antiphon/protocol/discord";
import { createRest } from "@antiphon/rest";
import { startDiscordSimulator } from "@antiphon/sim/discord";

await using discord = await startDiscordSimulator();
const { world } = discord;
const { applicationId, botUserId, token } = world.addApplication({ name: "Two roles" });
const ada = world.addUser({ username: "ada" });
const guild = world.addGuild({ name: "Guild", ownerId: ada.id });
world.addMember(guild.id, botUserId);
const channel = world.addChannel(guild.id, { name: "general", type: "text" });

// For several processes: await connectNatsBus({ servers, stream: { name: "discord", subjects: [dispatchSubjects()] } })
await using bus = createMemoryBus();

const guildSeen = Promise.withResolvers<void>();

/** `--role worker`: an ordinary client, whose gateway is the bus and whose rate limits are shared with the other workers. */
async function startWorker(name: string) {
  const worker = createDiscordWorker({ bus, applicationId });
  const rest = createRest({ token, api: discord.apiUrl, sharedLimiter: worker.limiter });
  const client = createClient({
    intents: ["guilds", "guildMessages", "messageContent"],
    gateway: worker.gateway,
    rest,
  });
  client.on("messageCreate", ({ data }) => {
    if (data.author.bot !== true) void client.messages.send(data.channel_id, `${name} heard "${data.content}"`);
  });
  client.on("guildCreate", () => guildSeen.resolve());
  client.commands.add(
    defineCommand({ name: "who", description: "Who works", execute: (context) => context.reply(`It is ${name}`) }),
  );
  await client.connect();
  return {
    client,
    async close() {
      await client.close();
      await worker.close();
      await rest.close();
    },
  };
}

// `--role gateway`: any number of processes; together they hold each shard once.
await using infoRest = createRest({ token, api: discord.apiUrl });
const gatewayInfo = () => infoRest.request<GatewayInfo>("GET", "/gateway/bot");
const starting = startWorker("the first worker");
const intents = (1 << 0) | (1 << 9) | (1 << 15); // GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT
const role = await openDiscordGatewayRole({
  bus,
  applicationId,
  gatewayInfo,
  openShard: (shard) => createGateway({ ...shard, token, intents, gatewayInfo, shardIds: [shard.shardId] }),
});
const first = await starting;
await first.client.commands.register({ guildId: guild.id });
await guildSeen.promise; // the shard is ready: Discord repeats nothing that was said before

/** Ada says something; gives what the bot answers to it. */
function say(content: string): Promise<string> {
  const answered = new Promise<string>((resolve) => {
    const subscription = world.on("messageCreate", ({ message }) => {
      if (message.author.id !== botUserId || !message.content.includes(content)) return;
      subscription[Symbol.dispose]();
      resolve(message.content);
    });
  });
  world.sendMessage({ channelId: channel.id, authorId: ada.id, content });
  return answered;
}

console.log(await say("good morning"));
const place = { guildId: guild.id, channelId: channel.id, userId: ada.id, applicationId };
console.log((await world.invokeCommand({ ...place, name: "who" })).message?.content);

// A new version is rolled out: the old worker leaves, and what is said before the new one is there waits on the bus.
await first.close();
const late = say("is anybody there");
const second = await startWorker("the second worker");
console.log(await late);

const { shards, lanes } = { shards: role.stats.shards, lanes: second.client.cache.guilds.get(guild.id) };
console.log(
  `shards held: ${shards.length}; identifies asked of Discord: ${discord.transcript.entries.filter((entry) => entry.type === "receive" && entry.text.startsWith('{"op":2')).length}`,
);
console.log(
  `the new worker's cache knows the guild: ${lanes !== undefined} (it takes over work, not memory: fetch what you need)`,
);

await second.close();
await role.close();
