import type { ApplicationRecord, StoredFile, WorldState } from "../world/state.ts";
import type { BucketLimit } from "./rate-limiter.ts";

/** The methods that routes answer. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request that reached its route. */
export interface Call {
  readonly state: WorldState;
  /** Who asks, by the `Authorization` header. */
  readonly application: ApplicationRecord;
  /** The named parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What `X-Audit-Log-Reason` says. */
  readonly reason: string | undefined;
  /** The decoded JSON, or `payload_json`. */
  readonly body: unknown;
  readonly files: readonly StoredFile[];
  /** What the server says about connecting. */
  readonly gateway: GatewayStatus;
}

/** What `GET /gateway/bot` tells. */
export interface GatewayStatus {
  readonly url: string;
  readonly shards: number;
  sessionStartLimit(application: ApplicationRecord): {
    readonly total: number;
    readonly remaining: number;
    readonly reset_after: number;
    readonly max_concurrency: number;
  };
}

/** What a route answers; without a body, the answer has none. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

/** A request to a route that needs no token. */
export type OpenCall = Omit<Call, "application">;

/** One route of the HTTP API. */
export interface Route {
  readonly method: Method;
  /** `/channels/:channelId/messages`, below `/api/v10`. */
  readonly path: string;
  /** Answers; `authenticate` gives the application, or refuses with 401. */
  readonly handle: (call: OpenCall, authenticate: () => ApplicationRecord) => Reply | Promise<Reply>;
  /** Whether it needs no token of a bot. */
  readonly isOpen: boolean;
  /** Interaction routes do not count against the global limit. */
  readonly isExemptFromGlobal: boolean;
  readonly limit: BucketLimit | undefined;
}

/** A route that needs the bot's token. */
export function route(
  method: Method,
  path: string,
  handle: (call: Call) => Reply | Promise<Reply>,
  limit?: BucketLimit,
): Route {
  const withApplication: Route["handle"] = (call, authenticate) => handle({ ...call, application: authenticate() });
  return { method, path, handle: withApplication, isOpen: false, isExemptFromGlobal: false, limit };
}

/** A route that needs no token, or carries its own in its path. */
export function openRoute(
  method: Method,
  path: string,
  handle: (call: OpenCall) => Reply | Promise<Reply>,
  limit?: BucketLimit,
): Route {
  return { method, path, handle, isOpen: true, isExemptFromGlobal: path !== "/gateway", limit };
}

/** Answers 200 with a body. */
export const ok = (body: unknown): Reply => ({ status: 200, body });

/** Answers 204. */
export const noContent: Reply = { status: 204 };
