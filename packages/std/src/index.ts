export { abortReason, toDisposable, withSignal } from "./abort.ts";
export { createBackoff, type Backoff, type BackoffOptions } from "./backoff.ts";
export { createBoundedQueue, type BoundedQueue, type BoundedQueueOptions, type OverflowRule } from "./bounded-queue.ts";
export type { Brand } from "./brand.ts";
export { createManualClock, systemClock, type Clock, type ManualClock, type Timer } from "./clock.ts";
export {
  createEmitter,
  type Emitter,
  type EmitterOptions,
  type EventOf,
  type EventSource,
  type TypedEvent,
} from "./emitter.ts";
export { AntiphonError, describeError, isAntiphonError, type AntiphonErrorOptions, type Severity } from "./error.ts";
export { createGuardedLookup, type GuardedLookupOptions, type ResolveAddresses } from "./guarded-lookup.ts";
export { createKeyedMutex, type KeyedMutex } from "./keyed-mutex.ts";
export { silentLogger, type LogFields, type Logger } from "./logger.ts";
export type { Policy } from "./policy.ts";
export { isPublicAddress } from "./public-address.ts";
export { createSeededRandom, systemRandom, type Random } from "./random.ts";
export { createSecret, type Secret } from "./secret.ts";
export { waitFor, type WaitForOptions } from "./wait-for.ts";
