import { createInterface } from "node:readline";
import { createGateway } from "@antiphon/gateway";
import type { GatewayInfo } from "@antiphon/protocol/discord";
import { openDiscordGatewayRole } from "../src/discord/index.ts";
import { connectFleetBus, readFleetConfig, say } from "./discord-child.ts";

const { token, apiUrl, applicationId, replicas, ...config } = readFleetConfig();
const bus = await connectFleetBus({ replicas, ...config });
const gatewayInfo = async (): Promise<GatewayInfo> => {
  const response = await fetch(`${apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${token}` } });
  return (await response.json()) as GatewayInfo;
};
const role = await openDiscordGatewayRole({
  bus,
  applicationId,
  gatewayInfo,
  replicas,
  laneCount: config.laneCount,
  leaseMs: config.leaseMs,
  identifyWindowMs: 1,
  // GUILDS, GUILD_MESSAGES and MESSAGE_CONTENT.
  openShard: (shard) =>
    createGateway({ ...shard, token, intents: 1 | (1 << 9) | (1 << 15), gatewayInfo, shardIds: [shard.shardId] }),
});
role.on("shardReady", ({ shardId }) => say({ shard: shardId }));
createInterface({ input: process.stdin }).on("line", (shardCount) => {
  role.reshard({ shardCount: Number(shardCount) }).then(
    (resharded) => say({ resharded }),
    (error: unknown) => say({ problem: String(error) }),
  );
});
say({ ready: true });
await role.closed;
await bus.close();
