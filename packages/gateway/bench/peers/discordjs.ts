import { Client, Events, Options } from "discord.js";
import { measureBurst } from "../measure-burst.ts";

// discord.js, as it comes with `default`, and otherwise with a cache that keeps no message, member or user.
const [url = "", , count = "0", cache = ""] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
const none = { MessageManager: 0, GuildMemberManager: 0, UserManager: 0, PresenceManager: 0, ReactionManager: 0 };
const client = new Client({
  intents: 33_283,
  rest: { api: `${url}/api` },
  ...(cache === "default" ? {} : { makeCache: Options.cacheWithLimits(none) }),
});
client.on(Events.MessageCreate, ({ id }) => burst.message(id));
client.once(Events.ClientReady, () => burst.start());
await client.login("MQ.x.y");
