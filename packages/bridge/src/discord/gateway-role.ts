import type { GatewayInfo } from "@antiphon/protocol/discord";
import {
  createEmitter,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import { decodeJson, encodeJson } from "../bot/bot-envelope.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { BridgeError } from "../error.ts";
import { createBusIdentifyGate } from "./identify-gate.ts";
import { isBridgeFailure } from "./lease.ts";
import { createMemberName } from "./member-name.ts";
import { openOwnership } from "./ownership.ts";
import { LAYOUT_KEY, layoutSchema, shardKey, tableName, type Layout } from "./shard-record.ts";
import { serveShard, type OpenShardOptions, type ShardConnection, type ShardCounts } from "./shard-service.ts";

/** Options of {@link openDiscordGatewayRole}. */
export interface GatewayRoleOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  /** Builds the gateway of one shard: `(shard) => createGateway({ token, intents, gatewayInfo, ...shard, shardIds: [shard.shardId] })`. */
  readonly openShard: (options: OpenShardOptions) => ShardConnection;
  /** Asks `GET /gateway/bot`. */
  readonly gatewayInfo: () => Promise<Pick<GatewayInfo, "shards" | "session_start_limit">>;
  /** Of how many shards the bot consists. Defaults to what its first process was recommended. */
  readonly shardCount?: number | undefined;
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

/** What a {@link DiscordGatewayRole} tells. */
export type GatewayRoleEvent =
  /** This process runs the shard now; `from` did before and is gone. */
  | { readonly type: "shardAcquired"; readonly shardId: number; readonly from: string | null }
  /** The shard's session has begun or goes on. */
  | { readonly type: "shardReady"; readonly shardId: number }
  /** Another process runs the shard, or shall. */
  | { readonly type: "shardEnded"; readonly shardId: number };

/** Counters since the role was opened. */
export interface GatewayRoleStats extends Readonly<ShardCounts> {
  readonly shards: readonly number[];
  /** Gateway processes that are alive, this one included. */
  readonly processes: number;
}

/** One of the processes that hold a bot's shards. */
export interface DiscordGatewayRole extends EventSource<GatewayRoleEvent>, AsyncDisposable {
  readonly layout: Layout;
  readonly stats: GatewayRoleStats;
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
  const layout = await agreeOnLayout(table, {
    shardCount: options.shardCount ?? info.shards,
    laneCount: options.laneCount ?? DEFAULT_LANE_COUNT,
  });
  checkLayout(layout, options);

  const emitter = createEmitter<GatewayRoleEvent>();
  const counts: ShardCounts = { published: 0, refused: 0, failed: 0, waiting: 0, repeated: 0, commands: 0 };
  const closed = Promise.withResolvers<{ readonly error?: unknown }>();
  const shardIds = new Map(Array.from({ length: layout.shardCount }, (_, id) => [shardKey(id), id]));
  const identifyGate = createBusIdentifyGate({
    table,
    maximumConcurrency: info.session_start_limit.max_concurrency,
    windowMs: options.identifyWindowMs,
    clock,
  });
  const opening = openOwnership({
    table,
    member: createMemberName(),
    keys: [...shardIds.keys()],
    leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
    clock,
    random,
    logger,
    onAcquired: (key, from) => emitter.emit({ type: "shardAcquired", shardId: shardIds.get(key) as number, from }),
    onEnded: (key) => emitter.emit({ type: "shardEnded", shardId: shardIds.get(key) as number }),
    serve(lease, giveUp) {
      const shardId = shardIds.get(lease.key) as number;
      return serveShard(lease, giveUp, {
        bus,
        applicationId,
        shardId,
        layout,
        identifyGate,
        counts,
        clock,
        logger,
        openShard: options.openShard,
        onReady: () => emitter.emit({ type: "shardReady", shardId }),
        onFatal: (error) => void close({ error }),
      });
    },
  });
  let closing: Promise<void> | undefined;
  const close = (reason: { readonly error?: unknown }): Promise<void> =>
    (closing ??= (async () => {
      await (await opening).close();
      emitter.close();
      closed.resolve(reason);
    })());
  const ownership = await opening;
  return {
    on: emitter.on,
    events: emitter.events,
    layout,
    get stats() {
      const shards = ownership.owned.map((key) => shardIds.get(key) as number);
      return { ...counts, shards: shards.sort((left, right) => left - right), processes: ownership.members };
    },
    closed: closed.promise,
    close: () => close({}),
    [Symbol.asyncDispose]: () => close({}),
  };
}

/** The layout that stands, or this one when there is none. */
async function agreeOnLayout(table: KeyValueStore, wanted: Layout): Promise<Layout> {
  const standing = await table.get(LAYOUT_KEY);
  if (standing !== undefined) return layoutSchema.parse(decodeJson(standing.value));
  try {
    await table.putIf(LAYOUT_KEY, encodeJson(wanted), 0);
    return wanted;
  } catch (error) {
    if (!isBridgeFailure(error, "BRIDGE_REVISION_CONFLICT")) throw error;
    return agreeOnLayout(table, wanted);
  }
}

function checkLayout(layout: Layout, wanted: Pick<GatewayRoleOptions, "shardCount" | "laneCount">): void {
  for (const name of ["shardCount", "laneCount"] as const) {
    const value = wanted[name];
    if (value === undefined || value === layout[name]) continue;
    throw new BridgeError(
      "BRIDGE_LAYOUT_MISMATCH",
      `openDiscordGatewayRole: ${name} is ${value}, but the bot runs with ${layout[name]}; end its processes and delete the table of its shards first.`,
    );
  }
}
