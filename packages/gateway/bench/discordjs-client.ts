import { REST } from "@discordjs/rest";
import { CompressionMethod, WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";

// Receives the same burst with @discordjs/ws and prints the same figures as the burst client.
const [url = "", compression = "none", count = "0"] = process.argv.slice(2);
const expected = Number(count);
class LocalRest extends REST {
  override get(): Promise<unknown> {
    return Promise.resolve({
      url,
      shards: 1,
      session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
    });
  }
}
const manager = new WebSocketManager({
  token: "token",
  intents: 0,
  rest: new LocalRest(),
  compression: compression === "zlib-stream" ? CompressionMethod.ZlibNative : null,
});
let received = 0;
let before = process.cpuUsage();
manager.on(WebSocketShardEvents.Ready, () => (before = process.cpuUsage()));
manager.on(WebSocketShardEvents.Dispatch, ({ t, s }) => {
  if (t === "READY") return;
  if (s !== received + 2) throw new Error(`event ${s} came after ${received + 1}`);
  if (++received < expected) return;
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpuMicroseconds: (user + system) / expected, rssBytes: process.memoryUsage.rss() }));
  process.exit(0);
});
await manager.connect();
