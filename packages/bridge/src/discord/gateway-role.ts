import { createAutoReshard, isTooFewShards, type GatewayInfo } from "@antiphon/protocol/discord";
import {
  createEmitter,
  describeError,
  isAntiphonError,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { firstGeneration } from "./first-generation.ts";
import { createReshardNews, type GatewayRoleEvent } from "./gateway-role-event.ts";
import { createGenerations } from "./generations.ts";
import { createBusIdentifyGate } from "./identify-gate.ts";
import { agreeOnLayout } from "./layout-store.ts";
import type { Layout } from "./layout.ts";
import { createMemberName } from "./member-name.ts";
import { createResharding } from "./resharding.ts";
import { tableName } from "./shard-record.ts";
import type { OpenShardOptions, ShardConnection, ShardCounts } from "./shard-service.ts";
import { openShardWatch } from "./shard-watch.ts";

/** Options of {@link openDiscordGatewayRole}. */
export interface GatewayRoleOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  /** Builds the gateway of one shard: `(shard) => createGateway({ token, intents, gatewayInfo, ...shard, shardIds: [shard.shardId] })`. */
  readonly openShard: (options: OpenShardOptions) => ShardConnection;
  /** Asks `GET /gateway/bot`. */
  readonly gatewayInfo: () => Promise<Pick<GatewayInfo, "shards" | "session_start_limit">>;
  /** Of how many shards the bot consists: none but what it has; `reshard` changes that. Defaults to what its first process was recommended. */
  readonly shardCount?: number | undefined;
  /**
   * `auto` gives the bot more shards when it has grown: once an hour it looks whether Discord recommends one and a half times as many, and
   * it does so, too, when Discord refuses a shard with 4011. Defaults to `manual`: by `reshard`.
   */
  readonly reshard?: "auto" | "manual" | undefined;
  /** Into how many lanes its guilds are divided, 1 to 1,024: the most workers that it can have. Defaults to 32. */
  readonly laneCount?: number | undefined;
  /** After how long the shards of a process that died go to another. Defaults to 2,500 ms. */
  readonly leaseMs?: number | undefined;
  /** See `BusIdentifyGateOptions.windowMs`. */
  readonly identifyWindowMs?: number | undefined;
  /** How many servers of a NATS cluster keep the table of shards: 1, 3 or 5. Defaults to 1. */
  readonly replicas?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Counters since the role was opened. */
export interface GatewayRoleStats extends Readonly<ShardCounts> {
  /** The shards of this process. */
  readonly shards: readonly number[];
  /** Those of them that are to take over; empty but while the bot is resharded. */
  readonly nextShards: readonly number[];
  /** Gateway processes that are alive, this one included. */
  readonly processes: number;
}

/** Options of {@link DiscordGatewayRole.reshard}. */
export interface ReshardOptions {
  /** Of how many shards the bot consists then, 1 to 100,000. Defaults to what Discord recommends now. */
  readonly shardCount?: number | undefined;
  /** Gives the attempt up, if the new shards have not taken over; for who only joined an attempt it ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** One of the processes that hold a bot's shards. */
export interface DiscordGatewayRole extends EventSource<GatewayRoleEvent>, AsyncDisposable {
  /** How the bot is divided now. */
  readonly layout: Layout;
  readonly stats: GatewayRoleStats;
  /**
   * Changes of how many shards the bot consists, with no downtime: all gateway processes together open the new shards beside the old
   * ones, workers get each event once, and then the old ones end. Resolves with the new number when that is done; whichever process
   * dies meanwhile, the others go on. One that runs to the same number is joined. Voice connections belong to the old sessions and are
   * to be joined again.
   *
   * @throws BridgeError BRIDGE_RESHARD_REFUSED when nothing was begun; BRIDGE_RESHARD_FAILED when the old shards go on; BRIDGE_CLOSED
   */
  reshard(options?: ReshardOptions): Promise<number>;
  /** Resolves when it has ended; with an error when Discord will not have the bot: a wrong token, for example. */
  readonly closed: Promise<{ readonly error?: unknown }>;
  /** Closes its shards, whose sessions others resume, and gives them back; the bus stays open. Idempotent. */
  close(): Promise<void>;
}

const DEFAULT_LEASE_MS = 2_500;
const DEFAULT_LANE_COUNT = 32;

/**
 * Holds shards of a bot and publishes their dispatches on the bus, each under `discord.{app}.{shard}.{event}.{lane}` with the id
 * `{session}:{sequence}`. Any number of processes may do so: they share the shards out, take turns in identifying, and resume the
 * sessions of one that died.
 *
 * @throws BridgeError BRIDGE_LAYOUT_MISMATCH when the bot runs with another number of shards or lanes
 */
export async function openDiscordGatewayRole(options: GatewayRoleOptions): Promise<DiscordGatewayRole> {
  const { bus, applicationId, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const table = await bus.openKeyValue(tableName(applicationId, "shards"), {
    create: true,
    replicas: options.replicas,
  });
  options.signal?.throwIfAborted();
  const info = await options.gatewayInfo();
  const layout = await agreeOnLayout(
    table,
    { shardCount: options.shardCount ?? info.shards, laneCount: options.laneCount ?? DEFAULT_LANE_COUNT },
    () => firstGeneration(bus, applicationId),
  );
  checkLayout(layout, options);

  const emitter = createEmitter<GatewayRoleEvent>();
  const counts: ShardCounts = { published: 0, refused: 0, failed: 0, waiting: 0, direct: 0, repeated: 0, commands: 0 };
  const closed = Promise.withResolvers<{ readonly error?: unknown }>();
  const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  const identifyGate = createBusIdentifyGate({
    table,
    maximumConcurrency: info.session_start_limit.max_concurrency,
    windowMs: options.identifyWindowMs,
    clock,
  });
  const watch = await openShardWatch(table, { onLayout: createReshardNews(emitter.emit) });
  const generations = createGenerations({
    bus,
    applicationId,
    table,
    member: createMemberName(),
    laneCount: layout.laneCount,
    leaseMs,
    identifyGate,
    openShard: options.openShard,
    counts,
    clock,
    random,
    logger,
    watch,
    awaitedBy: () => resharding.awaitedBy,
    emit: emitter.emit,
    onFatal(error, generation) {
      void (watch.layout?.generation === generation ? endOrGrow(error) : giveUp(generation, error));
    },
  });
  const endOrGrow = async (error: unknown): Promise<void> => {
    if (auto === undefined || !isTooFewShards(error)) return close({ error });
    try {
      await auto.grow();
    } catch (reason) {
      await close({ error: reason });
    }
  };
  const giveUp = async (generation: number, reason: unknown): Promise<void> => {
    try {
      await resharding.giveUp(generation, describeError(reason), isAntiphonError(reason) ? reason.code : undefined);
    } catch (error) {
      logger.warn("A resharding that Discord refuses was not given up.", { error: describeError(error) });
    }
  };
  const resharding = createResharding({
    bus,
    applicationId,
    table,
    watch,
    leaseMs,
    follow: generations.follow,
    clock,
    logger,
  });
  const reshard = async ({ shardCount: wanted, signal }: ReshardOptions): Promise<number> => {
    const { shards, session_start_limit: limit } = await options.gatewayInfo();
    const shardCount = wanted ?? shards;
    checkReshard(shardCount, limit.remaining);
    await resharding.change(shardCount, signal);
    return shardCount;
  };
  const auto =
    options.reshard === "auto"
      ? createAutoReshard({
          recommended: async () => (await options.gatewayInfo()).shards,
          shardCount: () => (watch.layout ?? layout).shardCount,
          reshard: (shardCount) => reshard({ shardCount }),
          clock,
          logger,
        })
      : undefined;
  auto?.start();
  let closing: Promise<void> | undefined;
  const close = (reason: { readonly error?: unknown }): Promise<void> =>
    (closing ??= (async () => {
      auto?.close();
      await resharding.close();
      await generations.close();
      await watch.close();
      emitter.close();
      closed.resolve(reason);
    })());
  return {
    on: emitter.on,
    events: emitter.events,
    get layout() {
      return watch.layout ?? layout;
    },
    get stats() {
      return { ...counts, ...generations.stats };
    },
    reshard: (wish = {}) => reshard(wish),
    closed: closed.promise,
    close: () => close({}),
    [Symbol.asyncDispose]: () => close({}),
  };
}

function checkReshard(shardCount: number, remaining: number): void {
  const refuse = (why: string) => {
    throw new BridgeError("BRIDGE_RESHARD_REFUSED", `reshard: to ${shardCount} shards: ${why}`);
  };
  if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > 100_000)
    refuse("their number is a whole one from 1 to 100,000.");
  if (shardCount > remaining) refuse(`Discord lets the bot identify only ${remaining} times more today.`);
}

function checkLayout(layout: Layout, wanted: Pick<GatewayRoleOptions, "shardCount" | "laneCount">): void {
  for (const [name, way] of [
    ["shardCount", "call `reshard` of the role"],
    ["laneCount", "end its processes and delete the table of its shards first"],
  ] as const) {
    const value = wanted[name];
    if (value === undefined || value === layout[name]) continue;
    throw new BridgeError(
      "BRIDGE_LAYOUT_MISMATCH",
      `openDiscordGatewayRole: ${name} is ${value}, but the bot runs with ${layout[name]}; to change it ${way}.`,
    );
  }
}
