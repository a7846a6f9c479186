export { createBusSharedLimiter, type BusSharedLimiterOptions } from "./bus-shared-limiter.ts";
export { dispatchSubjects } from "./dispatch-codec.ts";
export {
  openDiscordGatewayRole,
  type DiscordGatewayRole,
  type GatewayRoleOptions,
  type GatewayRoleStats,
  type ReshardOptions,
} from "./gateway-role.ts";
export { type GatewayRoleEvent } from "./gateway-role-event.ts";
export { createBusIdentifyGate, type BusIdentifyGate, type BusIdentifyGateOptions } from "./identify-gate.ts";
export { type LaneCounts } from "./lane-service.ts";
export { type Layout } from "./layout.ts";
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
