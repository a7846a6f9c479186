import { connectNatsBus } from "../src/index.ts";
import {
  dispatchSubjects,
  openDiscordGatewayRole,
  type DiscordGatewayRole,
  type ShardConnection,
} from "../src/discord/index.ts";

// A gateway role whose two shards are given events as fast as the bus takes them: `server applicationId count`.
const [, , servers = "", applicationId = "", count = "0"] = process.argv;
const bus = await connectNatsBus({ servers, stream: { name: "discord", subjects: [dispatchSubjects()] } });
const WAITING_HIGH = 2_000;
const opened: { role?: DiscordGatewayRole } = {};
let left = Number(count);
const content = "a message of the usual length, as people write them in a channel ".repeat(3);
const pause = () => new Promise((resolve) => setImmediate(resolve));

const openShard = (shardId: number): ShardConnection => {
  let tell: Parameters<ShardConnection["subscribe"]>[0] = () => {};
  let sequence = 0;
  const dispatch = (type: string, data: unknown) => tell({ type, data, sequence: ++sequence, shardId });
  const run = async () => {
    dispatch("READY", { session_id: `s${shardId}`, resume_gateway_url: "wss://localhost", user: { id: "1" } });
    while (left > 0) {
      while ((opened.role?.stats.waiting ?? 0) > WAITING_HIGH) await pause();
      for (let index = 0; index < 100 && left > 0; index++) {
        const guildId = String(1_000_000 + (left % 1_000));
        dispatch("MESSAGE_CREATE", {
          id: String(left--),
          guild_id: guildId,
          channel_id: "3",
          content,
          sentAtMs: Date.now(),
        });
      }
      await pause();
    }
  };
  return {
    connect: async () => void run(),
    subscribe(listener) {
      tell = listener;
      return { [Symbol.dispose]: () => {} };
    },
    send: async () => {},
    latencyMs: 1,
    closed: new Promise(() => {}),
    close: async () => {},
  };
};
const gatewayInfo = async () => ({
  shards: 2,
  session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
});
opened.role = await openDiscordGatewayRole({
  bus,
  applicationId,
  gatewayInfo,
  openShard: ({ shardId }) => openShard(shardId),
});
