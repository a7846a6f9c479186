import { REST } from "@discordjs/rest";
import { CompressionMethod, WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import { measureBurst } from "../measure-burst.ts";

// The gateway of discord.js alone, with node:zlib, which is the faster of its two.
const [url = "", compression = "none", count = "0"] = process.argv.slice(2);
const burst = measureBurst(url, Number(count));
const manager = new WebSocketManager({
  token: "token",
  intents: 0,
  rest: new REST({ api: `${url}/api` }).setToken("token"),
  compression: compression === "zlib-stream" ? CompressionMethod.ZlibNative : null,
});
manager.on(WebSocketShardEvents.Dispatch, ({ t, d }) => {
  if (t === "MESSAGE_CREATE") burst.message((d as { readonly id: string }).id);
  else if (t === "GUILD_CREATE") burst.start();
});
await manager.connect();
