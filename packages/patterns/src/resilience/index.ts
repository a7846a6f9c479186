export { type AsyncMethod } from "../method-wrapper.ts";
export {
  createBackpressureController,
  type BackpressureController,
  type BackpressureOptions,
  type BackpressureStats,
} from "./backpressure-controller.ts";
export {
  CircuitState,
  createCircuitBreaker,
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitEvent,
  type CircuitSnapshot,
  type CircuitStats,
} from "./circuit-breaker.ts";
export { compose, type AnyPolicy } from "./compose.ts";
export { fallback, type FallbackOptions } from "./fallback.ts";
export { hedge, type HedgeOptions } from "./hedge.ts";
export { type ExtraOf, type ResiliencePolicy, type TaskContext } from "./policy.ts";
export {
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
  type RateLimiterStats,
  type SlidingWindowOptions,
  type TokenBucketOptions,
} from "./rate-limiter.ts";
export { ResilienceError, type ResilienceErrorCode } from "./resilience-error.ts";
export { BackoffStrategy, retry, type RetryAttempt, type RetryOptions } from "./retry.ts";
export { timeout, type TimeoutOptions } from "./timeout.ts";
