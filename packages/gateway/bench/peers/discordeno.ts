import { createBot, Intents, type TransportCompression } from "discordeno";
import { measureBurst } from "../measure-burst.ts";

// discordeno, which has no cache, with the one property of a message that is looked at: its fast path.
const [url = "", compression = "none", count = "0"] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
const bot = createBot({
  token: "MQ.x.y",
  intents: Intents.Guilds | Intents.GuildMembers | Intents.GuildMessages | Intents.MessageContent,
  desiredProperties: { message: { id: true }, guild: { id: true } },
  gateway: {
    spawnShardDelay: 0,
    ...(compression !== "none" && { transportCompression: compression as TransportCompression }),
  },
  events: {
    guildCreate: () => burst.start(),
    messageCreate: ({ id }) => burst.message(String(id)),
  },
});
bot.rest.baseUrl = `${url}/api`;
await bot.start();
