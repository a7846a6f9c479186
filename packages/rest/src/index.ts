export type { FieldError } from "./field-error.ts";
export { createRest, type Rest } from "./rest.ts";
export { RestError, type FailedRequest, type RestErrorCode, type RestHttpErrorDetails } from "./rest-error.ts";
export type { RestEvent } from "./rest-event.ts";
export type { RestOptions } from "./rest-options.ts";
export type { PoolStats, RestStats } from "./rest-stats.ts";
