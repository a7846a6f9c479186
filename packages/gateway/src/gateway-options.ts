import type { GatewayInfo } from "@antiphon/protocol/discord";
import type { Clock, Logger, Random, Secret } from "@antiphon/std";
import { GatewayError } from "./gateway-error.ts";
import type { OpenGatewaySocket } from "./gateway-socket.ts";
import type { IdentifyGate } from "./identify-gate.ts";
import type { TransportCompression } from "./inflater.ts";
import type { SessionStore } from "./session-store.ts";

/** Options of {@link createGateway}. */
export interface GatewayOptions {
  /** The bot's token, without `Bot `. */
  readonly token: string | Secret;
  /** The sum of the intent bits. */
  readonly intents: number;
  /** Asks `GET /gateway/bot`; called on `connect`, and again when the gateway cannot be reached. */
  readonly gatewayInfo: () => Promise<GatewayInfo>;
  /** How events travel. Defaults to `zlib-stream`. */
  readonly compression?: TransportCompression | "none" | undefined;
  /** Of how many shards the bot consists. Defaults to what Discord recommends. */
  readonly shardCount?: number | undefined;
  /** The shards that this process runs. Defaults to all. */
  readonly shardIds?: readonly number[] | undefined;
  /** The presence to start with, as the API's JSON; the last one that was set by op 3 takes its place. */
  readonly presence?: unknown;
  /** Members of a guild, 50 to 250, above which offline ones are left out. Defaults to Discord's 50. */
  readonly largeThreshold?: number | undefined;
  /** Where sessions are kept, so that a restarted process resumes. Defaults to nowhere. */
  readonly sessionStore?: SessionStore | undefined;
  /** Who may identify when. Defaults to a gate for this process alone, with the limits that `gatewayInfo` tells. */
  readonly identifyGate?: IdentifyGate | undefined;
  /** The most commands that wait per shard. Defaults to 1,000. */
  readonly sendQueueLimit?: number | undefined;
  /** Inflate with node:zlib's stream even where the faster native handle works. Defaults to false. */
  readonly streamInflate?: boolean | undefined;
  /**
   * In how many worker threads sockets are read: encryption, decompression, and leaving out what nobody wants then cost the main
   * thread nothing. Who comes to want an event gets it at the latest 50 ms later. Defaults to 0: all in the main thread.
   */
  readonly workers?: number | undefined;
  /**
   * `auto` gives the bot more shards when it has grown: once an hour it looks whether Discord recommends one and a half times as many,
   * and it does so, too, when Discord refuses a shard with 4011. Not together with `shardIds`. Defaults to `manual`.
   */
  readonly reshard?: "auto" | "manual" | undefined;
  /** How sockets are opened, which does not go together with `workers`. Defaults to `@antiphon/web-socket`. */
  readonly openSocket?: OpenGatewaySocket | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}

const COMPRESSIONS: ReadonlySet<string> = new Set(["zlib-stream", "zstd-stream", "none"]);

function reject(operation: string, option: string, value: unknown, rule: string): never {
  throw new GatewayError("GATEWAY_INVALID_OPTIONS", `${operation}: ${option} must be ${rule}, not ${String(value)}.`);
}

/** Throws a GatewayError GATEWAY_INVALID_OPTIONS for shards that cannot be. */
export function checkShards(
  operation: string,
  { shardCount, shardIds }: Pick<GatewayOptions, "shardCount" | "shardIds">,
): void {
  if (shardCount !== undefined && (!Number.isInteger(shardCount) || shardCount < 1)) {
    reject(operation, "shardCount", shardCount, "a whole number from 1");
  }
  const badId = shardIds?.find((id) => !Number.isInteger(id) || id < 0 || id >= (shardCount ?? Infinity));
  if (badId !== undefined) reject(operation, "shardIds", badId, "whole numbers from 0 and below shardCount");
}

/** Throws a GatewayError GATEWAY_INVALID_OPTIONS for values that could not work. */
export function checkOptions(options: GatewayOptions): void {
  const { intents, largeThreshold, workers, openSocket, shardIds, reshard, compression = "none" } = options;
  if (!Number.isSafeInteger(intents) || intents < 0)
    reject("createGateway", "intents", intents, "a whole number from 0");
  if (!COMPRESSIONS.has(compression)) reject("createGateway", "compression", compression, [...COMPRESSIONS].join(", "));
  checkShards("createGateway", options);
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 0 && workers <= 64))
    reject("createGateway", "workers", workers, "a whole number from 0 to 64");
  if ((workers ?? 0) > 0 && openSocket !== undefined)
    reject("createGateway", "openSocket", "set", "left out with workers");
  if (reshard === "auto" && shardIds !== undefined)
    reject("createGateway", "shardIds", shardIds, 'left out with reshard: "auto", which cannot know other processes');
  if (largeThreshold !== undefined && !(largeThreshold >= 50 && largeThreshold <= 250)) {
    reject("createGateway", "largeThreshold", largeThreshold, "from 50 to 250");
  }
}

/** `d` of op 2 without the token and the shard. */
export function identityOf(
  { intents, largeThreshold }: GatewayOptions,
  presence: unknown,
): Readonly<Record<string, unknown>> {
  return {
    intents,
    properties: { os: process.platform, browser: "antiphon", device: "antiphon" },
    ...(presence === undefined ? {} : { presence }),
    ...(largeThreshold === undefined ? {} : { large_threshold: largeThreshold }),
  };
}
