import {
  shardIdOf,
  type Dispatch,
  type DispatchSource,
  type GatewayCommand,
  type GuildId,
  type ShardSession,
  type ShardState,
  type ShardStatus,
} from "@antiphon/protocol/discord";
import {
  createEmitter,
  createSecret,
  describeError,
  silentLogger,
  systemClock,
  systemRandom,
  toDisposable,
  withSignal,
  type EventSource,
} from "@antiphon/std";
import { fatalCloseError, GatewayError } from "./gateway-error.ts";
import type { GatewayCloseReason, GatewayEvent } from "./gateway-event.ts";
import { createGatewayAddress } from "./gateway-address.ts";
import { checkOptions, identityOf, type GatewayOptions } from "./gateway-options.ts";
import { openWebSocket } from "./gateway-socket.ts";
import type { GatewayStats } from "./gateway-stats.ts";
import { createIdentifyGate, type IdentifyGate } from "./identify-gate.ts";
import { chooseInflater } from "./choose-inflater.ts";
import { createSerialInflater } from "./serial-inflater.ts";
import { createSessionSaver } from "./session-saver.ts";
import { createShard, type Shard } from "./shard.ts";

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
   * @throws GatewayError GATEWAY_PAYLOAD_TOO_LARGE, GATEWAY_SEND_QUEUE_FULL, GATEWAY_INVALID_SHARD, GATEWAY_CLOSED
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
  /** Resolves with the reason when the gateway has ended. */
  readonly closed: Promise<GatewayCloseReason>;
  /** Counters, for a dashboard or a test. */
  getStats(): GatewayStats;
}

interface Subscriber {
  readonly listener: (dispatch: Dispatch) => void;
  readonly wants: ((type: string) => boolean) | undefined;
}

const MAXIMUM_COMMAND_BYTES = 4_096;
/** What the shards themselves read. */
const READ_BY_SHARDS: ReadonlySet<string> = new Set(["READY", "RESUMED"]);

const closedError = () =>
  new GatewayError("GATEWAY_CLOSED", "The gateway is closed; create a new one to connect again.");

/** Builds a {@link Gateway}; nothing is sent before `connect`. Throws a GatewayError GATEWAY_INVALID_OPTIONS. */
export function createGateway(options: GatewayOptions): Gateway {
  checkOptions(options);
  const { compression = "zlib-stream", sessionStore, sendQueueLimit = 1_000, openSocket = openWebSocket } = options;
  const { clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const token = typeof options.token === "string" ? createSecret(options.token) : options.token;
  const identity = identityOf(options);
  const createInflater =
    options.streamInflate === true || compression === "none" ? createSerialInflater : chooseInflater(compression);

  const address = createGatewayAddress(options.gatewayInfo);
  const emitter = createEmitter<GatewayEvent>();
  const closed = Promise.withResolvers<GatewayCloseReason>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  let subscribers: readonly Subscriber[] = [];
  let shards: readonly Shard[] = [];
  let shardCount = 0;
  let connecting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let subscriberErrors = 0;

  const publish = (dispatch: Dispatch) => {
    for (const { listener, wants } of subscribers) {
      if (wants?.(dispatch.type) === false) continue;
      try {
        listener(dispatch);
      } catch (error) {
        subscriberErrors++;
        logger.error("A subscriber of the gateway failed.", { type: dispatch.type, problem: describeError(error) });
      }
    }
    if (emitter.listenerCount("dispatch") > 0) emitter.emit({ type: "dispatch", dispatch });
  };

  const isWanted = (type: string): boolean =>
    READ_BY_SHARDS.has(type) ||
    subscribers.some((subscriber) => subscriber.wants?.(type) !== false) ||
    emitter.listenerCount("dispatch") > 0;

  const end = (reason: GatewayCloseReason, keepSession: boolean): Promise<void> => {
    closing ??= (async () => {
      const error = reason.kind === "fatal" ? reason.error : closedError();
      ready.reject(error);
      await Promise.all(shards.map((shard) => shard.close(keepSession, error)));
      emitter.emit({ type: "closed", reason });
      emitter.close();
      subscribers = [];
      closed.resolve(reason);
    })();
    return closing;
  };

  const onStateChange = (shardId: number, from: ShardStatus, to: ShardState) => {
    emitter.emit({ type: "shardStateChange", shardId, from, to: to.status });
    if (to.status === "closed" && to.reason.kind === "fatal") {
      void end({ kind: "fatal", error: fatalCloseError(shardId, to.reason.code, options.intents) }, true);
    }
    if (to.status === "ready" && shards.every((shard) => shard.state.status === "ready")) ready.resolve();
  };

  const buildShard = (shardId: number, identifyGate: IdentifyGate): Shard => {
    let replayedEvents = 0;
    return createShard({
      shardId,
      shardCount,
      token,
      identity,
      mainUrl: address.url,
      compression,
      createInflater,
      openSocket,
      identifyGate,
      sessionSaver: sessionStore && createSessionSaver(sessionStore, { shardId, shardCount }, clock, logger),
      sendQueueLimit,
      clock,
      random,
      logger,
      wants: isWanted,
      onDispatch(dispatch) {
        replayedEvents++;
        publish(dispatch);
        if (dispatch.type === "READY") emitter.emit({ type: "ready", shardId });
        // RESUMED itself is not one of the replayed.
        else if (dispatch.type === "RESUMED") {
          emitter.emit({ type: "resumed", shardId, replayedEvents: replayedEvents - 1 });
        }
      },
      onStateChange(from, to) {
        if (to.status === "resuming") replayedEvents = 0;
        onStateChange(shardId, from, to);
      },
      onDisconnected: (code, problem) => emitter.emit({ type: "disconnected", shardId, code, problem }),
    });
  };

  const loadSessions = async (ids: readonly number[]): Promise<readonly (ShardSession | undefined)[]> => {
    if (sessionStore === undefined) return ids.map(() => undefined);
    return Promise.all(ids.map((shardId) => sessionStore.load({ shardId, shardCount })));
  };

  const start = async () => {
    const { shards: recommended, session_start_limit: limit } = await address.info();
    shardCount = options.shardCount ?? recommended;
    const ids = options.shardIds ?? Array.from({ length: shardCount }, (_, shardId) => shardId);
    const sessions = await loadSessions(ids);
    const identifies = sessions.filter((session) => session === undefined).length;
    if (identifies > limit.remaining) {
      throw new GatewayError(
        "GATEWAY_SESSION_LIMIT_REACHED",
        `connect: ${identifies} shards want to identify but Discord allows ${limit.remaining} more of ${limit.total}; the limit resets in ${Math.ceil(limit.reset_after / 60_000)} minutes.`,
        { retryable: true, details: { identifies, remaining: limit.remaining, resetAfterMs: limit.reset_after } },
      );
    }
    if (closing !== undefined) return;
    const gate =
      options.identifyGate ??
      createIdentifyGate({
        maximumConcurrency: limit.max_concurrency,
        total: limit.total,
        remaining: limit.remaining,
        resetAfterMs: limit.reset_after,
        clock,
        logger,
      });
    shards = ids.map((shardId) => buildShard(shardId, gate));
    shards.forEach((shard, index) => shard.connect(sessions[index]));
  };

  const connect = async (signal: AbortSignal | undefined) => {
    const onAbort = () => void end({ kind: "aborted" }, false);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await withSignal(start(), signal);
      await withSignal(ready.promise, signal);
    } catch (error) {
      // Nothing was started yet, so the caller may try again.
      if (shards.length === 0) connecting = undefined;
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  };

  const shardsOf = (guildId: GuildId | undefined): readonly Shard[] => {
    if (shardCount === 0)
      throw new GatewayError("GATEWAY_CLOSED", "send: the gateway is not connected; call connect first.");
    if (guildId === undefined) return shards;
    const shardId = shardIdOf(guildId, shardCount);
    const shard = shards.find((candidate) => candidate.id === shardId);
    if (shard === undefined) {
      const message = `send: guild ${guildId} lives on shard ${shardId}, which this process does not run.`;
      throw new GatewayError("GATEWAY_INVALID_SHARD", message, { details: { guildId, shardId } });
    }
    return [shard];
  };

  const latencyMs = () => {
    const known = shards.map((shard) => shard.latencyMs).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
  };

  const gateway: Gateway = {
    on: emitter.on,
    events: emitter.events,
    connect({ signal } = {}) {
      if (closing !== undefined) return Promise.reject(closedError());
      if (connecting !== undefined) return withSignal(connecting, signal);
      connecting = connect(signal);
      return connecting;
    },
    subscribe(listener, { wants } = {}) {
      // An object of its own, so that the same function may subscribe twice.
      const own: Subscriber = { listener, wants };
      subscribers = [...subscribers, own];
      return toDisposable(() => {
        subscribers = subscribers.filter((other) => other !== own);
      });
    },
    async send(guildId, command, { signal } = {}) {
      const text = JSON.stringify({ op: command.op, d: command.d });
      const sizeBytes = Buffer.byteLength(text);
      if (sizeBytes > MAXIMUM_COMMAND_BYTES) {
        const message = `send: op ${command.op} is ${sizeBytes} bytes, and Discord closes the connection above ${MAXIMUM_COMMAND_BYTES}; split it.`;
        throw new GatewayError("GATEWAY_PAYLOAD_TOO_LARGE", message, { details: { op: command.op, sizeBytes } });
      }
      await Promise.all(shardsOf(guildId).map((shard) => shard.send(text, signal)));
    },
    close: ({ keepSession = sessionStore !== undefined } = {}) => end({ kind: "requested" }, keepSession),
    [Symbol.asyncDispose]: () => gateway.close(),
    get latencyMs() {
      return latencyMs();
    },
    closed: closed.promise,
    getStats: () => ({
      shardCount,
      shards: shards.map((shard) => shard.getStats()),
      latencyMs: latencyMs(),
      droppedEvents: emitter.dropped,
      subscriberErrors,
    }),
  };
  return gateway;
}
