import type { SharedLimiter } from "@antiphon/protocol/discord";
import type { Clock, Logger, Random, Secret } from "@antiphon/std";
import type { Dispatcher } from "undici";
import type { ConnectionPool, ConnectionPoolOptions } from "./connection-pool.ts";
import { RestError } from "./rest-error.ts";

import type { ByRouteClass, RetryPolicy, RoutePolicies } from "./route-class.ts";

/** Options of {@link createRest}. */
export interface RestOptions {
  /** The bot's token, without `Bot `. Without it only requests with `authenticate: false` work. */
  readonly token?: string | Secret | undefined;
  /** The API's address without the version. Defaults to `https://discord.com/api`. */
  readonly api?: string | undefined;
  /** The API's version. Defaults to 10. */
  readonly version?: number | undefined;
  /** What follows the library's own name in the User-Agent, such as the bot's name and version. */
  readonly userAgentSuffix?: string | undefined;
  /** The connections to use: a pool that others use too and whose owner closes it, or the options of an own one. */
  readonly connectionPool?: ConnectionPool | ConnectionPoolOptions | undefined;
  /**
   * How long one attempt may take, from its first byte to the answer's last; an upload of a Blob or a stream begins anew with each
   * piece of it. Defaults to 30,000 ms.
   */
  readonly timeoutMs?: number | undefined;
  /** How often a request that may be repeated is sent again after a 5xx or a network failure. Defaults to 3. */
  readonly retries?: number | undefined;
  /** Other numbers and pauses for classes of routes. */
  readonly retryPolicies?: ByRouteClass<RetryPolicy> | undefined;
  /** What each attempt of a class runs under, such as a circuit breaker; a 5xx counts as a failure there. */
  readonly policies?: RoutePolicies | undefined;
  /** Discord's limit over all routes; larger for very large bots. Defaults to 50. */
  readonly globalRequestsPerSecond?: number | undefined;
  /**
   * A call that would have to wait longer than this for a rate limit fails as soon as that is known, and one that waits for the first
   * answer of its bucket, which tells the limit, when it has waited so long. Defaults to 60,000 ms.
   */
  readonly rateLimitWaitLimitMs?: number | undefined;
  /** After this many 401, 403 and 429 in ten minutes nothing is sent; Discord bans at 10,000. Defaults to 9,000. */
  readonly invalidRequestLimit?: number | undefined;
  /** The most bytes that one request may upload; Discord itself takes 10 MiB a file, more in boosted guilds. Defaults to 100 MiB. */
  readonly uploadLimitBytes?: number | undefined;
  /** The most calls that are pending at once. Defaults to 10,000. */
  readonly pendingLimit?: number | undefined;
  /**
   * Keeps the limits together with other processes of the same token. Without it this client believes that it is the only one.
   */
  readonly sharedLimiter?: SharedLimiter | undefined;
  /** Give messages a nonce, so that they can be sent again without appearing twice. Defaults to true. */
  readonly enforceNonce?: boolean | undefined;
  /** An undici dispatcher to use instead of a pool, such as a ProxyAgent; the caller closes it. */
  readonly dispatcher?: Dispatcher | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}

/** Gives the API's address; throws a RestError REST_INVALID_OPTIONS for values that could not work. */
export function checkOptions(options: RestOptions): URL {
  const reject = (option: string, value: unknown, rule: string): never => {
    throw new RestError("REST_INVALID_OPTIONS", `createRest: ${option} must be ${rule}, not ${String(value)}.`);
  };
  const atLeast = (option: keyof RestOptions, minimum: number) => {
    const value = options[option];
    if (value === undefined || (typeof value === "number" && value >= minimum)) return;
    reject(option, value, `a number from ${minimum}`);
  };
  atLeast("version", 1);
  atLeast("timeoutMs", 1);
  atLeast("retries", 0);
  atLeast("globalRequestsPerSecond", 1);
  atLeast("rateLimitWaitLimitMs", 0);
  atLeast("invalidRequestLimit", 1);
  atLeast("pendingLimit", 1);
  atLeast("uploadLimitBytes", 1);
  const api = options.api ?? "https://discord.com/api";
  const url = URL.canParse(api) ? new URL(api) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return reject("api", api, "an http or https URL");
  return url;
}
