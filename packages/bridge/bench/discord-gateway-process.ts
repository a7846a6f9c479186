import { connectNatsBus } from "../src/index.ts";
import { dispatchSubjects, openDiscordGatewayRole, type DiscordGatewayRole } from "../src/discord/index.ts";
import { createHandShard, infoOf, type HandShard } from "../test/hand-shard.ts";

// A gateway role whose two shards are given events as fast as the bus takes them: `server applicationId count`.
const [, , servers = "", applicationId = "", count = "0"] = process.argv;
const bus = await connectNatsBus({ servers, stream: { name: "discord", subjects: [dispatchSubjects()] } });
const WAITING_HIGH = 2_000;
const opened: { role?: DiscordGatewayRole } = {};
let left = Number(count);
const content = "a message of the usual length, as people write them in a channel ".repeat(3);
const pause = () => new Promise((resolve) => setImmediate(resolve));

const openShard = (shardId: number): HandShard => {
  const shard = createHandShard(shardId);
  let sequence = 0;
  const dispatch = (type: string, data: unknown) => shard.tell(type, ++sequence, data);
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
  void shard.connected.then(run);
  return shard;
};
opened.role = await openDiscordGatewayRole({
  bus,
  applicationId,
  gatewayInfo: infoOf(2),
  openShard: ({ shardId }) => openShard(shardId),
});
