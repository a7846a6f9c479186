import {
  createVoiceSignaling,
  type Dispatch,
  type DispatchSource,
  type SharedLimiter,
  type SubscribeOptions,
  type VoiceSignaling,
} from "@antiphon/protocol/discord";
import {
  createEmitter,
  silentLogger,
  systemClock,
  systemRandom,
  withSignal,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { createBusSharedLimiter, LIMITS_MAXIMUM_AGE_MS } from "./bus-shared-limiter.ts";
import { createDispatchSubscribers } from "./dispatch-subscribers.ts";
import { laneOf } from "./lane-key.ts";
import type { Layout } from "./layout.ts";
import { openLanes, type Lanes } from "./lanes.ts";
import type { LaneCounts } from "./lane-service.ts";
import type { Lease } from "./lease.ts";
import { createMemberName } from "./member-name.ts";
import { sendToShards } from "./shard-commands.ts";
import { tableName } from "./shard-record.ts";
import { openShardWatch, type ShardWatch } from "./shard-watch.ts";
import { createPlayers, type WorkerPlayers } from "./worker-players.ts";

/** Options of {@link createDiscordWorker}. */
export interface DiscordWorkerOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  /** After how long the guilds of a worker that died go to others. Defaults to 2,500 ms. */
  readonly leaseMs?: number | undefined;
  /** How old an interaction may be when it is handled. Defaults to Discord's 3,000 ms. Needs a clock that is right (NTP). */
  readonly interactionDeadlineMs?: number | undefined;
  /** How many servers of a NATS cluster keep the worker's tables: 1, 3 or 5. Defaults to 1. */
  readonly replicas?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}

/** What a {@link DiscordWorker} tells. */
export type WorkerEvent =
  /** The guilds of this lane are handled here now; `from` did before and did not give them back. */
  | { readonly type: "laneTaken"; readonly lane: number; readonly from: string | null }
  /** The guilds of this lane are handled elsewhere. */
  | { readonly type: "laneEnded"; readonly lane: number };

/** Counters since the worker was built. */
export interface WorkerStats extends Readonly<LaneCounts> {
  readonly lanes: readonly number[];
  /** Workers that are alive, this one included. */
  readonly workers: number;
}

/** The dispatches of a worker's guilds. */
export interface WorkerGateway extends DispatchSource {
  /** Resolves when the bot is known: a gateway has said how it is divided and who it is; and this worker takes its part of the guilds. */
  connect(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * As {@link DispatchSource.subscribe}. A listener that returns a promise is given the dispatch again, here or elsewhere, when its
   * process dies before that settles; an interaction never.
   */
  subscribe(listener: (dispatch: Dispatch) => Promise<void> | void, options?: SubscribeOptions): Disposable;
}

/** One of the processes that do a bot's work. */
export interface DiscordWorker extends EventSource<WorkerEvent>, AsyncDisposable {
  /** The dispatches of this worker's guilds: the `gateway` of `createClient` in `@antiphon/core`. */
  readonly gateway: WorkerGateway;
  /** The rate limits of all workers: the `sharedLimiter` of `createRest` in `@antiphon/rest`. */
  readonly limiter: SharedLimiter;
  /** Voice for those who use no client of `@antiphon/core`, which has its own. */
  readonly signaling: VoiceSignaling;
  readonly players: WorkerPlayers;
  readonly stats: WorkerStats;
  /** Finishes what is in work, gives the guilds back; the bus stays open. Idempotent. */
  close(): Promise<void>;
}

const DEFAULT_LEASE_MS = 2_500;
const DEFAULT_DEADLINE_MS = 3_000;

const VOICE_EVENTS: ReadonlySet<string> = new Set(["VOICE_STATE_UPDATE", "VOICE_SERVER_UPDATE"]);

interface Connected {
  readonly shards: ShardWatch;
  readonly layout: () => Layout;
  readonly laneCount: number;
  readonly lanes: Lanes | undefined;
}

/**
 * Builds a worker: it takes a fair part of the bot's guilds, gets their dispatches in order from the bus, and leaves them to others when it
 * dies. Nothing is asked of the bus before `gateway.connect()`.
 */
export function createDiscordWorker(options: DiscordWorkerOptions): DiscordWorker {
  const { bus, applicationId, replicas } = options;
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const emitter = createEmitter<WorkerEvent>();
  const counts: LaneCounts = {
    delivered: 0,
    skipped: 0,
    expired: 0,
    takenBefore: 0,
    repeated: 0,
    direct: 0,
    malformed: 0,
  };
  const subscribers = createDispatchSubscribers(logger);
  const member = createMemberName();
  const leases = new Map<number, Lease>();
  const ending = new AbortController();
  let connected: Connected | undefined;
  let connecting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const openTable = (what: Parameters<typeof tableName>[1], maximumAgeMs?: number) =>
    bus.openKeyValue(tableName(applicationId, what), { create: true, replicas, maximumAgeMs });
  const laneOfGuild = (guildId: string) => (connected === undefined ? undefined : laneOf(guildId, connected.laneCount));
  const players = createPlayers({
    member,
    laneOf: laneOfGuild,
    isOurs: (guildId) => leases.get(laneOfGuild(guildId) ?? -1)?.valid === true,
    logger,
  });

  const connect = async (signal: AbortSignal): Promise<void> => {
    const shards = await openShardWatch(await openTable("shards"));
    try {
      const first = await shards.until(() => shards.layout, signal);
      await shards.until(() => shards.botUserId, signal);
      const { laneCount } = first;
      connected = { shards, layout: () => shards.layout ?? first, laneCount, lanes: undefined };
      await players.open(await openTable("players"));
      const lanes = await openLanes({
        bus,
        applicationId,
        member,
        players,
        leases,
        counts,
        clock,
        random,
        logger,
        table: await openTable("lanes"),
        laneCount,
        sink: subscribers,
        leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
        interactionDeadlineMs: options.interactionDeadlineMs ?? DEFAULT_DEADLINE_MS,
        onTaken: (lane, from) => emitter.emit({ type: "laneTaken", lane, from }),
        onEnded: (lane) => emitter.emit({ type: "laneEnded", lane }),
      });
      connected = { ...connected, lanes };
    } catch (error) {
      connected = undefined;
      connecting = undefined;
      await shards.close();
      throw error;
    }
  };
  const now = (): Connected => {
    if (connected !== undefined && closing === undefined) return connected;
    throw new BridgeError("BRIDGE_NOT_CONNECTED", "The worker is not connected: call gateway.connect() first.");
  };
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      ending.abort(new BridgeError("BRIDGE_CLOSED", "The worker is closed."));
      await connecting?.catch(() => {});
      await connected?.lanes?.close();
      await players.close();
      await connected?.shards.close();
      emitter.close();
    })());

  const gateway: WorkerGateway = {
    connect({ signal } = {}) {
      if (closing !== undefined) return Promise.reject(new BridgeError("BRIDGE_CLOSED", "The worker is closed."));
      connecting ??= connect(signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]));
      return withSignal(connecting, signal);
    },
    subscribe: subscribers.add,
    async send(guildId, command) {
      await sendToShards({ bus, applicationId, layout: now().layout, guildId, command, clock, random });
    },
    get latencyMs() {
      return connected?.shards.latencyMs;
    },
    close,
  };
  const signaling = createVoiceSignaling({ userId: () => now().shards.userId, send: gateway.send });
  subscribers.add(signaling.feed, { wants: (type) => VOICE_EVENTS.has(type) });

  return {
    on: emitter.on,
    events: emitter.events,
    gateway,
    limiter: createBusSharedLimiter({ openTable: () => openTable("limits", LIMITS_MAXIMUM_AGE_MS), clock, random }),
    signaling,
    players,
    get stats() {
      const { owned = [], members = 0 } = connected?.lanes ?? {};
      return { ...counts, lanes: owned, workers: members };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
