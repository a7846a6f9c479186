import {
  createAutoReshard,
  GatewayOpcode,
  isSnowflake,
  shardIdOf,
  type AutoReshard,
  type Dispatch,
  type DispatchSource,
  type GatewayCommand,
  type GuildId,
  type ShardSession,
} from "@antiphon/protocol/discord";
import {
  createEmitter,
  createSecret,
  silentLogger,
  systemClock,
  systemRandom,
  withSignal,
  type EventSource,
} from "@antiphon/std";
import { chooseInflater } from "./choose-inflater.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { createGatewayAddress } from "./gateway-address.ts";
import { GatewayError, sessionLimitError } from "./gateway-error.ts";
import type { GatewayCloseReason, GatewayEvent } from "./gateway-event.ts";
import { checkOptions, checkShards, identityOf, type GatewayOptions } from "./gateway-options.ts";
import { openGatewaySocket } from "./open-gateway-socket.ts";
import type { GatewayStats } from "./gateway-stats.ts";
import { createHandover, type Handover } from "./handover.ts";
import { createIdentifyGate, type IdentifyGate } from "./identify-gate.ts";
import { createMemberRequests, type MemberRequests } from "./member-requests.ts";
import { createSerialInflater } from "./serial-inflater.ts";
import { settleWithin } from "./settle-within.ts";
import type { Shard } from "./shard.ts";
import { createWorkerPool } from "./shard-worker/worker-pool.ts";
import { createSubscribers } from "./subscribers.ts";
import { createVoiceReturn } from "./voice-return.ts";

/** The gateway of one bot: its shards, as one source of dispatches. */
export interface Gateway extends DispatchSource, EventSource<GatewayEvent>, AsyncDisposable {
  /**
   * Connects all shards and resolves when each is ready or resumed. It keeps trying while Discord cannot be reached; aborting
   * the signal of the first call ends the gateway.
   *
   * @throws GatewayError GATEWAY_AUTHENTICATION_FAILED, GATEWAY_DISALLOWED_INTENTS, GATEWAY_INVALID_INTENTS,
   * GATEWAY_INVALID_SHARD, GATEWAY_SHARDING_REQUIRED, GATEWAY_INVALID_API_VERSION, GATEWAY_INFO_UNAVAILABLE,
   * GATEWAY_SESSION_LIMIT_REACHED, GATEWAY_CLOSED
   */
  connect(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Sends a command on the shard that the guild lives on; for `undefined`, on every shard. Resolves when it was handed to the
   * socket; while a shard reconnects, or its 120 frames per minute are used up, commands wait.
   *
   * @throws GatewayError GATEWAY_PAYLOAD_TOO_LARGE, GATEWAY_SEND_QUEUE_FULL, GATEWAY_INVALID_SHARD, GATEWAY_INVALID_OPTIONS, GATEWAY_CLOSED
   */
  send(
    guildId: GuildId | undefined,
    command: GatewayCommand,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  /**
   * Ends the gateway for good; idempotent. `keepSession` leaves the sessions resumable for a few minutes and the bot online;
   * it defaults to true when there is a session store.
   */
  close(options?: { readonly keepSession?: boolean | undefined }): Promise<void>;
  /**
   * Changes of how many shards the bot consists, with no downtime: new shards come up beside the old ones, get every event from the
   * moment that they take over, bring the bot back into voice, and then the old ones end. Resolves with the new number; when it rejects,
   * the old shards go on.
   *
   * @throws GatewayError GATEWAY_CLOSED, GATEWAY_INVALID_OPTIONS, GATEWAY_INFO_UNAVAILABLE, GATEWAY_SESSION_LIMIT_REACHED, and
   * those of `connect` when Discord refuses the new shards
   */
  reshard(options?: ReshardOptions): Promise<number>;
  /** Asks Discord for members of a guild (op 8). */
  readonly requestMembers: MemberRequests["request"];
  /** Resolves with the reason when the gateway has ended. */
  readonly closed: Promise<GatewayCloseReason>;
  /** Counters, for a dashboard or a test. */
  getStats(): GatewayStats;
}

/** Options of {@link Gateway.reshard}. */
export interface ReshardOptions {
  /** Of how many shards the bot consists then. Defaults to what Discord recommends now. */
  readonly shardCount?: number | undefined;
  /** The shards that this process runs then. Defaults to all. */
  readonly shardIds?: readonly number[] | undefined;
  /** Gives the attempt up; the old shards go on. */
  readonly signal?: AbortSignal | undefined;
}

const MAXIMUM_COMMAND_BYTES = 4_096;
/** What the shards themselves read. */
const READ_BY_SHARDS: ReadonlySet<string> = new Set(["READY", "RESUMED"]);

/** How long the old shards may take; less than {@link createHandover} remembers. */
const CATCH_UP_MS = 5_000;

const closedError = () =>
  new GatewayError("GATEWAY_CLOSED", "The gateway is closed; create a new one to connect again.");

/** Builds a {@link Gateway}; nothing is sent before `connect`. Throws a GatewayError GATEWAY_INVALID_OPTIONS. */
export function createGateway(options: GatewayOptions): Gateway {
  checkOptions(options);
  const {
    compression = "zlib-stream",
    sessionStore,
    sendQueueLimit = 1_000,
    workers = 0,
    streamInflate = false,
  } = options;
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const token = typeof options.token === "string" ? createSecret(options.token) : options.token;
  const createInflater = streamInflate || compression === "none" ? createSerialInflater : chooseInflater(compression);

  const address = createGatewayAddress(options.gatewayInfo);
  const emitter = createEmitter<GatewayEvent>();
  const subscribers = createSubscribers(logger);
  const closed = Promise.withResolvers<GatewayCloseReason>();
  let fleet: Fleet | undefined;
  /** The shards that are to take over. */
  let next: { readonly fleet: Fleet; readonly handover: Handover; readonly refused: AbortController } | undefined;
  /** What is left of the handover to the shards that are in charge. */
  let settling: Handover | undefined;
  /** The shards that were in charge, until voice needs them no more. */
  let replaced: Fleet | undefined;
  let { presence } = options;
  const ending = new AbortController();
  let gate = options.identifyGate;
  let connecting: Promise<void> | undefined;
  let resharding: Promise<number> | undefined;
  let closing: Promise<void> | undefined;
  /** The shards of the fleet that Discord has refused as too few. */
  let refusedShards = new Set<number>();
  const auto: AutoReshard | undefined =
    options.reshard === "auto"
      ? createAutoReshard({
          recommended: async () => (await address.info({ isFresh: true })).shards,
          shardCount: () => fleet?.shardCount ?? 1,
          reshard: (shardCount) => gateway.reshard({ shardCount }),
          clock,
          logger,
        })
      : undefined;

  const voice = createVoiceReturn({
    send: async (guildId, { op, d }, signal) => fleet?.shardOf(guildId)?.send(JSON.stringify({ op, d }), signal),
    clock,
    logger,
  });

  const isWanted = (type: string): boolean =>
    subscribers.want(type) || READ_BY_SHARDS.has(type) || voice.wants(type) || emitter.listenerCount("dispatch") > 0;

  const pool =
    workers > 0 ? createWorkerPool({ workers, compression, streamInflate, wants: isWanted, clock, logger }) : undefined;
  const openSocket = pool?.openSocket ?? options.openSocket ?? openGatewaySocket;

  const publish = (dispatch: Dispatch) => {
    subscribers.publish(dispatch);
    if (emitter.listenerCount("dispatch") > 0) emitter.emit({ type: "dispatch", dispatch });
  };

  const end = (reason: GatewayCloseReason, keepSession: boolean): Promise<void> => {
    closing ??= (async () => {
      const error = reason.kind === "fatal" ? reason.error : closedError();
      ending.abort();
      auto?.close();
      memberRequests.close(error);
      next?.refused.abort(error);
      const others = [next?.fleet, replaced];
      await Promise.all([fleet?.close(keepSession, error), ...others.map((other) => other?.close(false, error))]);
      await pool?.close();
      emitter.emit({ type: "closed", reason });
      emitter.close();
      subscribers.clear();
      closed.resolve(reason);
    })();
    return closing;
  };

  const fail = (error: GatewayError) => void end({ kind: "fatal", error }, true);
  /** Discord refused a shard for good: that is the end, unless more shards help. */
  const onRefused = (refused: Fleet, error: GatewayError) => {
    if (auto === undefined || error.code !== "GATEWAY_SHARDING_REQUIRED") return fail(error);
    // `start` then goes on with more.
    if (!auto.isStarted) return void refused.close(false, error);
    refusedShards.add(Number(error.details["shardId"]));
    auto.grow().catch((problem: unknown) => fail(problem instanceof GatewayError ? problem : error));
  };

  const buildFleet = (count: number, ids: readonly number[], identifyGate: IdentifyGate): Fleet => {
    const built: Fleet = createFleet(
      count,
      ids,
      {
        token,
        identity: () => identityOf(options, presence),
        intents: options.intents,
        mainUrl: address.url,
        compression,
        createInflater,
        openSocket,
        isInflated: pool !== undefined,
        identifyGate,
        sessionStore,
        sendQueueLimit,
        clock,
        random,
        logger,
        wants: isWanted,
      },
      {
        onDispatch(dispatch, isDecoded) {
          if (built !== fleet) {
            if (isDecoded && built === next?.fleet) next.handover.offered(dispatch);
          } else if (isDecoded) {
            tellVoice(built, dispatch);
            next?.handover.delivered(dispatch);
            if (settling?.isOver === true) settling = undefined;
            if (settling?.isNews(dispatch) !== false) publish(dispatch);
          } else subscribers.skip(dispatch.type);
        },
        onEvent(event) {
          if (built === fleet) emitter.emit(event);
        },
        onComplete(shard, signal) {
          if (built === fleet) void voice.ask((guildId) => built.shardOf(guildId) === shard, signal);
        },
        onFatal(error) {
          if (built === next?.fleet) next.refused.abort(error);
          else if (built === fleet) onRefused(built, error);
        },
      },
    );
    return built;
  };

  const loadSessions = (count: number, ids: readonly number[]): Promise<(ShardSession | undefined)[]> =>
    Promise.all(ids.map(async (shardId) => sessionStore?.load({ shardId, shardCount: count })));

  /** Asks Discord how to connect, and builds the shards; `sessions` are for their `connect`. */
  const prepare = async (wish: ReshardOptions, operation: "connect" | "reshard") => {
    const { shards: recommended, session_start_limit: limit } = await address.info({
      isFresh: operation === "reshard",
    });
    const count = wish.shardCount ?? recommended;
    const ids = wish.shardIds ?? Array.from({ length: count }, (_, shardId) => shardId);
    const sessions = await loadSessions(count, ids);
    const identifies = sessions.filter((session) => session === undefined).length;
    if (identifies > limit.remaining) throw sessionLimitError(operation, identifies, limit);
    gate ??= createIdentifyGate({
      maximumConcurrency: limit.max_concurrency,
      total: limit.total,
      remaining: limit.remaining,
      resetAfterMs: limit.reset_after,
      clock,
      logger,
    });
    return { built: buildFleet(count, ids, gate), sessions };
  };

  const start = async () => {
    for (let wish: ReshardOptions = options; ;) {
      const { built, sessions } = await prepare(wish, "connect");
      if (closing !== undefined) throw closedError();
      fleet = built;
      built.connect(sessions);
      try {
        await built.ready;
        return auto?.start();
      } catch (error) {
        const isRefused = error instanceof GatewayError && error.code === "GATEWAY_SHARDING_REQUIRED";
        if (auto === undefined || closing !== undefined || !isRefused) throw error;
        wish = { shardCount: await auto.next(built.shardCount) };
      }
    }
  };

  const connect = async (signal: AbortSignal | undefined) => {
    const onAbort = () => void end({ kind: "aborted" }, false);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await withSignal(start(), signal);
    } catch (error) {
      // Nothing was started yet, so the caller may try again.
      if (fleet === undefined) connecting = undefined;
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  };

  const reshard = async (wish: ReshardOptions): Promise<number> => {
    const old = fleet;
    if (old === undefined || closing !== undefined) throw closedError();
    checkShards("reshard", wish);
    const { built, sessions } = await withSignal(prepare(wish, "reshard"), wish.signal);
    const lost = refusedShards;
    const hasLost = (guildId: unknown) =>
      typeof guildId === "string" && /^\d+$/.test(guildId) && lost.has(shardIdOf(guildId, old.shardCount));
    const handover = createHandover(clock.monotonicMs, hasLost);
    const refused = new AbortController();
    const signal = AbortSignal.any([refused.signal, ...(wish.signal === undefined ? [] : [wish.signal])]);
    next = { fleet: built, handover, refused };
    try {
      built.connect(sessions.map(() => undefined));
      await withSignal(Promise.all([built.ready, built.complete]), signal);
      // What happened before the new sessions began only the old shards are told, and some of it may be on its way.
      await withSignal(settleWithin(old.catchUp(), clock, CATCH_UP_MS), signal);
      if (closing !== undefined) throw closedError();
    } catch (error) {
      next = undefined;
      await built.close(false, closedError());
      throw error;
    }
    next = undefined;
    fleet = built;
    refusedShards = new Set();
    settling = handover;
    for (const dispatch of handover.takeOver()) {
      tellVoice(built, dispatch);
      publish(dispatch);
    }
    replaced = old;
    emitter.emit({ type: "resharded", from: old.shardCount, to: built.shardCount });
    // While the old sessions live, the bot does not leave its channels on the way.
    voice.sessionsReplaced((guildId) => built.shardOf(guildId) !== undefined);
    await Promise.all(
      built.shards.map((shard) => voice.ask((guildId) => built.shardOf(guildId) === shard, ending.signal)),
    );
    await withSignal(voice.answered(), ending.signal).catch(() => {}); // Then everything ends.
    voice.sessionsEnded();
    await old.close(false, closedError());
    replaced = undefined;
    return built.shardCount;
  };

  const shardsOf = (guildId: GuildId | undefined): readonly Shard[] => {
    if (fleet === undefined)
      throw new GatewayError("GATEWAY_CLOSED", "send: the gateway is not connected; call connect first.");
    if (guildId === undefined) return fleet.shards;
    if (!isSnowflake(guildId))
      throw new GatewayError("GATEWAY_INVALID_OPTIONS", `send: guildId must be an id, not ${JSON.stringify(guildId)}.`);
    const shard = fleet.shardOf(guildId);
    if (shard === undefined) {
      const shardId = shardIdOf(guildId, fleet.shardCount);
      const message = `send: guild ${guildId} lives on shard ${shardId}, which this process does not run.`;
      throw new GatewayError("GATEWAY_INVALID_SHARD", message, { details: { guildId, shardId } });
    }
    return [shard];
  };

  const tellVoice = (teller: Fleet, dispatch: Dispatch) => {
    if (!voice.wants(dispatch.type)) return;
    const shard = teller.shards.find(({ id }) => id === dispatch.shardId);
    voice.told(dispatch, shard !== undefined && "session" in shard.state ? shard.state.session?.id : undefined);
  };

  /** Remembers a presence for sessions to come. */
  const present = (guildId: GuildId | undefined, newest: unknown, text: string, shards: readonly Shard[]) => {
    for (const shard of shards) shard.present(newest);
    if (guildId !== undefined) return;
    presence = newest;
    // Those that are to take over may have identified with an older one; when they do not take over, it does not matter.
    for (const shard of next?.fleet.shards ?? []) shard.send(text, undefined).catch(() => {});
  };

  const latencyMs = () => {
    const known = (fleet?.shards ?? []).map((shard) => shard.latencyMs).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  };

  const memberRequests = createMemberRequests({
    source: {
      subscribe: (listener, wishes) => gateway.subscribe(listener, wishes),
      send: (...args) => gateway.send(...args),
    },
    clock,
    random,
  });

  const gateway: Gateway = {
    requestMembers: memberRequests.request,
    on: emitter.on,
    events: emitter.events,
    connect({ signal } = {}) {
      if (closing !== undefined) return Promise.reject(closedError());
      if (connecting !== undefined) return withSignal(connecting, signal);
      connecting = connect(signal);
      return connecting;
    },
    reshard: (wish = {}) => (resharding ??= reshard(wish).finally(() => (resharding = undefined))),
    subscribe: (listener, wishes = {}) => subscribers.add(listener, wishes),
    async send(guildId, command, { signal } = {}) {
      const text = JSON.stringify({ op: command.op, d: command.d });
      const sizeBytes = Buffer.byteLength(text);
      if (sizeBytes > MAXIMUM_COMMAND_BYTES) {
        const message = `send: op ${command.op} is ${sizeBytes} bytes, and Discord closes the connection above ${MAXIMUM_COMMAND_BYTES}; split it.`;
        throw new GatewayError("GATEWAY_PAYLOAD_TOO_LARGE", message, { details: { op: command.op, sizeBytes } });
      }
      const shards = shardsOf(guildId);
      voice.commanded(command);
      if (command.op === GatewayOpcode.PresenceUpdate) present(guildId, command.d, text, shards);
      await Promise.all(shards.map((shard) => shard.send(text, signal)));
    },
    close: ({ keepSession = sessionStore !== undefined } = {}) => end({ kind: "requested" }, keepSession),
    [Symbol.asyncDispose]: () => gateway.close(),
    get latencyMs() {
      return latencyMs();
    },
    closed: closed.promise,
    getStats: () => ({
      shardCount: fleet?.shardCount ?? 0,
      shards: (fleet?.shards ?? []).map((shard) => shard.getStats()),
      latencyMs: latencyMs(),
      droppedEvents: emitter.dropped,
      subscriberErrors: subscribers.errors,
    }),
  };
  return gateway;
}
