import type { DispatchSource, RestTransport } from "@antiphon/protocol/discord";
import type { RequestBatcher, RequestBatcherOptions, RestOptions } from "@antiphon/rest";
import type { Clock, Logger, Random, Secret } from "@antiphon/std";
import type { CacheOptions } from "./cache/cache.ts";
import type { CacheFields } from "./cache/cache-fields.ts";
import type { ErrorHandler } from "./errors/error-handler.ts";
import type { InteractionOptions } from "./interactions/router.ts";
import type { IntentName } from "./intents.ts";

/** Options of {@link createClient}. */
export interface ClientOptions<Fields extends CacheFields = CacheFields> {
  /** The bot token; needed unless both `gateway` and `rest` are given. Printed as `[redacted]` everywhere. */
  readonly token?: string | Secret | undefined;
  /** What the gateway sends. @see [Discord Docs/Gateway Intents] */
  readonly intents: readonly IntentName[];
  /** The root of the HTTP API without its version. Defaults to `https://discord.com/api`. */
  readonly api?: string | undefined;
  /** Where dispatches come from; stays open when the client closes. Defaults to a gateway of the client's own. */
  readonly gateway?: DispatchSource | undefined;
  /** How requests are sent; stays open when the client closes. Defaults to a transport of the client's own. */
  readonly rest?: RestTransport | undefined;
  /**
   * Gathers requests before they are sent: a batcher that was built over a transport, which stays open when the client closes, or
   * the options of an own one. Defaults to none.
   */
  readonly requestBatcher?: RequestBatcher | Omit<RequestBatcherOptions, "transport" | "clock"> | undefined;
  /** Further options for the client's own transport: connection pool, retries, a limiter that processes share. */
  readonly restOptions?: Omit<RestOptions, "token" | "api" | "clock" | "random" | "logger"> | undefined;
  /** How the own gateway compresses. Defaults to `zlib-stream`. */
  readonly compression?: "none" | "zlib-stream" | "zstd-stream" | undefined;
  /** How many shards the own gateway opens. Defaults to what Discord recommends. */
  readonly shardCount?: number | undefined;
  /** `auto` lets the own gateway open more shards when the bot has outgrown them, with no event lost. Defaults to `manual`. */
  readonly reshard?: "auto" | "manual" | undefined;
  /**
   * In how many worker threads the own gateway reads its sockets: encryption, decompression, and leaving out what nobody wants then cost
   * the main thread nothing. Defaults to 0: all in the main thread.
   */
  readonly workers?: number | undefined;
  /** How much is cached, of what, for how long, and where. */
  readonly cache?: CacheOptions<Fields> | undefined;
  /** How interactions are treated. */
  readonly interactions?: InteractionOptions | undefined;
  /** Told about every failure of the client and its handlers, with guild, channel and user where they are known. Defaults to nobody. */
  readonly errorHandler?: Pick<ErrorHandler, "handle"> | undefined;
  /** For how long `connect` waits for the guilds that READY announced, in milliseconds; 0 does not wait. Defaults to 5,000. */
  readonly guildTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}
