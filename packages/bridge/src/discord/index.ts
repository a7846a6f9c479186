export { createBusSharedLimiter, type BusSharedLimiterOptions } from "./bus-shared-limiter.ts";
export { dispatchSubjects } from "./dispatch-codec.ts";
export {
  openDiscordGatewayRole,
  type DiscordGatewayRole,
  type GatewayRoleEvent,
  type GatewayRoleOptions,
  type GatewayRoleStats,
} from "./gateway-role.ts";
export { createBusIdentifyGate, type BusIdentifyGate, type BusIdentifyGateOptions } from "./identify-gate.ts";
export { type LaneCounts } from "./lane-service.ts";
export { type Layout } from "./shard-record.ts";
export {
  type OpenShardOptions,
  type ShardConnection,
  type ShardCounts,
  type ShardSessionStore,
} from "./shard-service.ts";
export {
  createDiscordWorker,
  type DiscordWorker,
  type DiscordWorkerOptions,
  type WorkerEvent,
  type WorkerGateway,
  type WorkerStats,
} from "./worker.ts";
export { type PlayerHandlers, type WorkerPlayers } from "./worker-players.ts";
