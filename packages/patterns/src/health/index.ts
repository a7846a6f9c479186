export type { Alert } from "./alert-limiter.ts";
export {
  createHealthMonitor,
  type HealthEvent,
  type HealthMonitor,
  type HealthMonitorOptions,
} from "./health-monitor.ts";
export { startHealthServer, type HealthServer, type HealthServerOptions } from "./health-server.ts";
export {
  ServiceStatus,
  toHealthJson,
  type HealthCheck,
  type ServiceHealth,
  type SystemHealth,
  type SystemHealthJson,
} from "./service-health.ts";
export type { CheckFunction, ServiceOptions } from "./watched-service.ts";
