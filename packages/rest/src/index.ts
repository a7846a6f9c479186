export type { FieldError } from "./field-error.ts";
export { createRest, type Rest, type RestOptions } from "./rest.ts";
export { RestError, type FailedRequest, type RestErrorCode, type RestHttpErrorDetails } from "./rest-error.ts";
export type { RestEvent } from "./rest-event.ts";
export type { PoolStats, RestStats } from "./rest-stats.ts";
