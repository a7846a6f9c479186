export type { BatchedRequest, BatchHandler } from "./batched-request.ts";
export { createBulkBanHandler, createBulkDeleteHandler } from "./bulk-handlers.ts";
export {
  createConnectionPool,
  type ConnectionLease,
  type ConnectionPool,
  type ConnectionPoolOptions,
  type PoolStats,
} from "./connection-pool.ts";
export type { FieldError } from "./field-error.ts";
export {
  createRequestBatcher,
  type BatchRequestOptions,
  type RequestBatcher,
  type RequestBatcherOptions,
  type RequestBatcherStats,
} from "./request-batcher.ts";
export { createRest, type Rest } from "./rest.ts";
export { RestError, type FailedRequest, type RestErrorCode, type RestHttpErrorDetails } from "./rest-error.ts";
export type { RestEvent } from "./rest-event.ts";
export type { ByRouteClass, RetryPolicy, RouteClass, RoutePolicies } from "./route-class.ts";
export type { RestOptions } from "./rest-options.ts";
export type { RestStats } from "./rest-stats.ts";
export { createMemorySharedLimiter } from "./memory-shared-limiter.ts";
export {
  stepSharedLimit,
  type LimitClaim,
  type LimitVerdict,
  type SharedLimiter,
  type SharedLimitStep,
} from "@antiphon/protocol/discord";
