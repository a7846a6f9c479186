// Two shards, a network that drops them while people talk, and a process that restarts: not one message is lost and none comes twice.
// Here: `npx node --conditions=@antiphon/source packages/gateway/examples/resume-after-a-drop.ts`; in a project of your own:
// `node resume-after-a-drop.ts`.
import { createGateway, createMemorySessionStore, type Gateway } from "@antiphon/gateway";
import type { Dispatch, GatewayInfo } from "@antiphon/protocol/discord";
import { startDiscordSimulator } from "@antiphon/sim/discord";

// Two shards may identify at once; Discord grants that to large bots, others wait five seconds between shards.
await using discord = await startDiscordSimulator({ shards: 2, identify: { maxConcurrency: 2, windowMs: 0 } });
const { world } = discord;
const bot = world.addApplication({ name: "Listener" });
const ada = world.addUser({ username: "ada" });
// A guild's id decides on which shard it lives; these two are on different ones.
const channels = [1n, 2n].map((number) => {
  const guild = world.addGuild({ name: `Guild ${number}`, ownerId: ada.id, id: String((number << 22n) + 1n) });
  world.addMember(guild.id, bot.botUserId);
  return world.addChannel(guild.id, { name: "general", type: "text" });
});

// A file (`createFileSessionStore`) would outlive the process; what is in memory outlives only the gateway, which is enough to show it.
const sessionStore = createMemorySessionStore();
const heard: string[] = [];
const waiting = new Map<number, () => void>();
const heardAll = (count: number) =>
  new Promise<void>((resolve) => (heard.length >= count ? resolve() : void waiting.set(count, resolve)));

function open(): Gateway {
  const gateway = createGateway({
    token: bot.token,
    intents: (1 << 0) | (1 << 9) | (1 << 15), // GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT
    sessionStore,
    gatewayInfo: async () => {
      const answer = await fetch(`${discord.apiUrl}/v10/gateway/bot`, {
        headers: { authorization: `Bot ${bot.token}` },
      });
      return (await answer.json()) as GatewayInfo;
    },
  });
  gateway.on("disconnected", ({ shardId, code }) => console.log(`shard ${shardId} lost its connection (${code})`));
  gateway.on("resumed", ({ shardId }) => console.log(`shard ${shardId} resumed`));
  gateway.on("ready", ({ shardId }) => console.log(`shard ${shardId} has a new session`));
  // `wants` spares the work of parsing what nobody listens for.
  gateway.subscribe(
    ({ data }: Dispatch) => {
      heard.push((data as { readonly content: string }).content);
      waiting.get(heard.length)?.();
    },
    { wants: (type) => type === "MESSAGE_CREATE" },
  );
  return gateway;
}

let said = 0;
const say = (count: number) => {
  for (let index = 0; index < count; index++, said++)
    world.sendMessage({ channelId: channels[said % 2]?.id ?? "", authorId: ada.id, content: `message ${said}` });
};

const first = open();
await first.connect();
say(10);
await heardAll(10);
console.log(`cut: ${world.dropConnections()} connections`);
say(10); // while nobody is connected
await heardAll(20);

// The process ends and leaves its sessions; what is said before the next one starts is replayed to it.
await first.close({ keepSession: true });
say(10);
await using second = open();
await second.connect();
await heardAll(30);

console.log(`said ${said}, heard ${heard.length}, different ones ${new Set(heard).size}`);
for (const shard of second.getStats().shards)
  console.log(`shard ${shard.shardId}: identifies ${shard.identifies}, resumes ${shard.resumes}`);
