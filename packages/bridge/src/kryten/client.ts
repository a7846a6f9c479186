import {
  decodeKrytenReply,
  encodeJsonBytes,
  normalizeSubjectToken,
  parseKrytenConfig,
  serviceCommandSubject,
  type KrytenConfig,
  type KrytenEvent,
  type TypedKrytenEvent,
} from "@antiphon/protocol/kryten";
import { cytubeFrameName, type CytubeFrameName } from "@antiphon/protocol/cytube";
import { silentLogger, systemClock, systemRandom, type Clock, type Logger, type Random } from "@antiphon/std";
import { busClosed } from "../bus/bus-failure.ts";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { CoreBus } from "../bus/bus-transport.ts";
import { BridgeError } from "../error.ts";
import { connectKrytenBus } from "./connect-bus.ts";
import { createCommandSender, type CommandOptions } from "./command-sender.ts";
import { createKrytenCommands, type KrytenCommands } from "./commands.ts";
import { clientMetrics, type KrytenHealth } from "./client-health.ts";
import { createEventLanes } from "./event-lanes.ts";
import { createEventRouter, type KrytenEventFilter } from "./event-router.ts";
import { startHealthServer, type HealthServer } from "./health-server.ts";
import { startLifecycle, type LifecyclePublisher } from "./lifecycle.ts";
import { askRobotRank, type RobotRank } from "./robot-rank.ts";
import { createSafeKrytenCommands, type SafeKrytenCommands } from "./safe-commands.ts";

/** Options of {@link createKrytenClient}. */
export interface KrytenClientOptions {
  /** A plain object with kryten's keys or ours, or what `parseKrytenConfig` and `loadKrytenConfig` give. */
  readonly config: unknown;
  /** Defaults to silence. */
  readonly logger?: Logger;
  /** A bus to use instead of connecting to NATS; it stays open when the client disconnects. */
  readonly bus?: CoreBus;
  /** What commands look like on the wire. Defaults to `current`; `legacy` is that before kryten-py 0.10.4, which has no answers. */
  readonly dialect?: "current" | "legacy";
  /** Tells instances of one service apart. Defaults to a random one. */
  readonly instanceId?: string;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The name of an event in any case, as CyTube writes it. */
type EventNamed<Name extends string> = {
  [Known in CytubeFrameName]: Lowercase<Known> extends Lowercase<Name> ? Known : never;
}[CytubeFrameName];

/** What a handler of events of this name is given: a typed event for the names that are known. */
export type EventFor<Name extends string> = [EventNamed<Name>] extends [never]
  ? KrytenEvent
  : TypedKrytenEvent<EventNamed<Name>>;

/** A handler of events. The signal aborts when it takes longer than `handlerTimeoutMs` or the client disconnects. */
export type KrytenEventHandler<Name extends string> = (
  event: EventFor<Name>,
  context: { readonly signal: AbortSignal },
) => Promise<void> | void;

/** A service's connection to kryten's world. All on one event loop and one connection. */
export interface KrytenClient extends AsyncDisposable {
  readonly config: KrytenConfig;
  readonly commands: KrytenCommands;
  readonly safe: SafeKrytenCommands;
  /** The bus, for key-value buckets and the like. @throws BridgeError BRIDGE_NOT_CONNECTED */
  readonly bus: CoreBus;
  /** The service's announcements; undefined when the configuration names no service or the client is not connected. */
  readonly lifecycle: LifecyclePublisher | undefined;
  /** The health server, when the configuration asks for one and the client is connected. */
  readonly healthServer: HealthServer | undefined;
  /**
   * Connects, subscribes, starts the health server and announces the service, in this order.
   *
   * @throws BridgeError BRIDGE_CONNECT_FAILED
   */
  connect(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Announces the shutdown, lets handlers finish for up to 5 s, flushes and closes; idempotent. */
  disconnect(reason?: string): Promise<void>;
  /** The same as `disconnect`. */
  close(reason?: string): Promise<void>;
  /**
   * Resolves when `stop` is called, the signal aborts, or the process gets SIGINT or SIGTERM.
   *
   * @throws BridgeError BRIDGE_NOT_CONNECTED; BRIDGE_CLOSED when the bus has given its server up
   */
  run(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Lets `run` return. */
  stop(): void;
  /**
   * Calls the handler for each event of this name, in any case, or of every name for `*`. An event whose payload is not what
   * CyTube promises reaches handlers of `*` only.
   */
  on<Name extends string>(name: Name, handler: KrytenEventHandler<Name>): Disposable;
  on<Name extends string>(name: Name, filter: KrytenEventFilter, handler: KrytenEventHandler<Name>): Disposable;
  /** Sends a value as JSON; the subject's tokens are normalised. */
  publish(subject: string, value: unknown): Promise<void>;
  /** Calls the handler for each message under a pattern. */
  subscribe(pattern: string, handler: (data: Uint8Array, subject: string) => void): Promise<BusSubscription>;
  /**
   * Asks a service: `request("robot", "state.user", { username })`. Resolves with its data.
   *
   * @throws BridgeError BRIDGE_COMMAND_REFUSED, BRIDGE_NO_RESPONDER, BRIDGE_REQUEST_TIMED_OUT
   */
  request(
    service: string,
    command: string,
    fields?: Readonly<Record<string, unknown>>,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<unknown>;
  /** The true rank of the robot in a channel. */
  robotRank(channel: string, options?: CommandOptions): Promise<RobotRank>;
  health(): KrytenHealth;
}

const PENDING_EVENTS = 100_000;
const DRAIN_MS = 5_000;

/** Builds a client; nothing touches the network before `connect`. */
export function createKrytenClient(options: KrytenClientOptions): KrytenClient {
  const { logger = silentLogger, dialect = "current", clock = systemClock, random = systemRandom } = options;
  const config = parseKrytenConfig(options.config);
  const createdAtMs = clock.monotonicMs();
  let handlerErrors = 0;
  const lanes = createEventLanes({
    maximumConcurrent: config.maximumConcurrentHandlers,
    timeoutMs: config.handlerTimeoutMs,
    pendingLimit: PENDING_EVENTS,
    clock,
    onFailure(error) {
      handlerErrors++;
      logger.error("event handler failed", { error });
    },
  });
  const router = createEventRouter({ channels: config.channels, lanes, clock, logger });
  let connected: Connected | undefined;
  let connecting: Promise<Connected> | undefined;
  let stopped = Promise.withResolvers<void>();

  const bus = (): CoreBus => {
    if (connected !== undefined) return connected.bus;
    throw new BridgeError("BRIDGE_NOT_CONNECTED", "The kryten client is not connected: await connect() first.");
  };
  const sender = createCommandSender({ bus, config, dialect, clock, random });
  const commands = createKrytenCommands(sender);
  const robotRank = (channel: string, { domain, signal }: CommandOptions = {}): Promise<RobotRank> => {
    const known = config.channels.find((each) => each.channel.toLowerCase() === channel.toLowerCase());
    return askRobotRank(bus(), domain ?? known?.domain ?? config.channels[0]?.domain ?? "", channel, signal);
  };

  const health = (): KrytenHealth => ({
    connected: connected?.bus.connected === true,
    uptimeMs: clock.monotonicMs() - createdAtMs,
    channels: config.channels.map(({ domain, channel }) => `${domain}/${channel}`),
    handlers: router.handlers,
    eventsDropped: lanes.dropped,
    eventsPending: lanes.pending,
    handlerErrors,
    handlerTimeouts: lanes.timeouts,
    commandsSent: sender.sent,
    commandsFailed: sender.failed,
    ...router.stats,
  });

  const startHealth = async (): Promise<HealthServer | undefined> => {
    const { metrics, service } = config;
    const port = metrics?.port ?? service?.healthPort ?? service?.metricsPort;
    if (port === undefined) return undefined;
    return startHealthServer({
      port,
      host: metrics?.host ?? "127.0.0.1",
      healthPath: metrics?.healthPath ?? service?.healthPath ?? "/health",
      metricsPath: metrics?.metricsPath ?? service?.metricsPath ?? "/metrics",
      source: {
        isLive: () => true,
        isReady: () => health().connected,
        details: () => ({ ...health() }),
        metrics: () => clientMetrics(health()),
      },
    });
  };

  const open = async (signal: AbortSignal | undefined): Promise<Connected> => {
    const name = config.service?.name ?? "kryten-client";
    const ownBus = options.bus === undefined;
    const opened = options.bus ?? (await connectKrytenBus(config.nats, { name, clock, signal }));
    const parts: Connected = { bus: opened, ownBus, healthServer: undefined, lifecycle: undefined };
    try {
      await router.start(opened);
      parts.healthServer = await startHealth();
      if (config.service !== undefined) {
        const { healthServer: server } = parts;
        const path = config.metrics?.healthPath ?? config.service.healthPath;
        parts.lifecycle = await startLifecycle({
          bus: opened,
          service: config.service,
          instanceId: options.instanceId,
          endpoints: server === undefined ? undefined : { health: { port: server.port, path } },
          clock,
          random,
          logger,
        });
      }
      return parts;
    } catch (error) {
      await shut(parts, "Startup failed");
      throw error;
    }
  };

  const shut = async (parts: Connected, reason: string): Promise<void> => {
    await parts.lifecycle?.close(reason).catch((error: unknown) => logger.warn("no farewell", { error }));
    await router.stop();
    using _timer = clock.setTimer(DRAIN_MS, () => lanes.abort(new Error(reason)));
    await lanes.idle();
    await parts.healthServer?.close();
    if (parts.ownBus) await parts.bus.close();
  };

  const client: KrytenClient = {
    config,
    commands,
    safe: createSafeKrytenCommands(commands, robotRank),
    get bus() {
      return bus();
    },
    get lifecycle() {
      return connected?.lifecycle;
    },
    get healthServer() {
      return connected?.healthServer;
    },
    async connect({ signal } = {}) {
      if (connected !== undefined) return;
      stopped = Promise.withResolvers();
      connecting ??= open(signal).finally(() => (connecting = undefined));
      connected = await connecting;
    },
    async disconnect(reason = "Normal shutdown") {
      stopped.resolve();
      // A connection in the making would stay behind otherwise; that it failed is for `connect` to say.
      await connecting?.catch(() => {});
      const parts = connected;
      if (parts === undefined) return;
      connected = undefined;
      await shut(parts, reason);
    },
    close: (reason) => client.disconnect(reason),
    async run({ signal } = {}) {
      const lost = bus().closed.then(() => {
        throw busClosed();
      });
      // Of a client that is stopped nobody asks how its bus ends.
      lost.catch(() => {});
      const stop = () => stopped.resolve();
      const signals = ["SIGINT", "SIGTERM"] as const;
      for (const name of signals) process.once(name, stop);
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted === true) stop();
      try {
        await Promise.race([stopped.promise, lost]);
      } finally {
        for (const name of signals) process.removeListener(name, stop);
        signal?.removeEventListener("abort", stop);
      }
    },
    stop: () => stopped.resolve(),
    on(name: string, ...rest: readonly unknown[]) {
      const handler = rest.at(-1) as (
        event: KrytenEvent,
        context: { readonly signal: AbortSignal },
      ) => Promise<void> | void;
      const filter = (rest.length === 2 ? rest[0] : {}) as KrytenEventFilter;
      // A typed handler must not meet a payload that its type denies.
      return router.add(name, filter, (event, context) =>
        event.known || name === "*" || cytubeFrameName(name) === undefined ? handler(event, context) : undefined,
      );
    },
    async publish(subject, value) {
      const normalized = subject.split(".").map(normalizeSubjectToken).join(".");
      await bus().send(normalized, encodeJsonBytes(value));
      logger.debug("published", { subject: normalized });
    },
    subscribe: (pattern, handler) => bus().listen(pattern, ({ data, subject }) => handler(data, subject)),
    async request(service, command, fields = {}, requestOptions = {}) {
      const data = encodeJsonBytes({ service, command, ...fields });
      const reply = decodeKrytenReply(await bus().request(serviceCommandSubject(service), data, requestOptions));
      if (reply.ok) return reply.data;
      throw new BridgeError("BRIDGE_COMMAND_REFUSED", `${service} refused ${command}: ${reply.error}`, {
        details: { service, command, ...(reply.code === undefined ? {} : { robotCode: reply.code }) },
      });
    },
    robotRank,
    health,
    [Symbol.asyncDispose]: () => client.disconnect(),
  };
  return client;
}

interface Connected {
  readonly bus: CoreBus;
  readonly ownBus: boolean;
  healthServer: HealthServer | undefined;
  lifecycle: LifecyclePublisher | undefined;
}
