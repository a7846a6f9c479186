export type { KrytenHealth } from "./client-health.ts";
export {
  createKrytenClient,
  type EventFor,
  type KrytenClient,
  type KrytenClientOptions,
  type KrytenEventHandler,
} from "./client.ts";
export type { CommandOptions, CorrelationId } from "./command-sender.ts";
export type { ChatFilterFields, KrytenCommands } from "./commands.ts";
export type { EventRouterStats, KrytenEventFilter } from "./event-router.ts";
export {
  startHealthServer,
  type HealthServer,
  type HealthServerOptions,
  type HealthSource,
  type Metric,
} from "./health-server.ts";
export {
  openKeyValueStore,
  openOrCreateKeyValueStore,
  type KrytenKeyValue,
  type KrytenValue,
} from "./kryten-key-value.ts";
export { startLifecycle, type LifecycleOptions, type LifecyclePublisher } from "./lifecycle.ts";
export { loadKrytenConfig } from "./load-config.ts";
export type { RobotRank } from "./robot-rank.ts";
export type { SafeCommandResult, SafeKrytenCommands } from "./safe-commands.ts";
export {
  createServiceRegistry,
  type ServiceRecord,
  type ServiceRegistry,
  type ServiceRegistryOptions,
  type ServiceStatus,
} from "./service-registry.ts";
