import { randomUUID } from "node:crypto";
import {
  createEmitter,
  createSecret,
  silentLogger,
  systemClock,
  systemRandom,
  type Clock,
  type EventSource,
  type Logger,
  type Random,
} from "@antiphon/std";
import {
  chatMessageKey,
  createChatReplayFilter,
  isCytubeFrame,
  type ChatReplayFilter,
  type CytubeFrame,
} from "@antiphon/protocol/cytube";
import {
  commandSubjectPattern,
  decodeJsonBytes,
  decodeKrytenCommand,
  decodeLegacyKrytenCommand,
  encodeJsonBytes,
  encodeKrytenEvent,
  encodeKrytenReply,
  eventSubject,
  formatKrytenTimestamp,
  serviceCommandSubject,
  userLevelSubjects,
  type KrytenCommand,
  type ServiceConfig,
} from "@antiphon/protocol/kryten";
import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import { MAXIMUM_MESSAGE_BYTES, type CoreBus } from "../bus/bus-transport.ts";
import { startLifecycle, type LifecyclePublisher } from "../kryten/lifecycle.ts";
import type { AdministrationOptions } from "./administration.ts";
import { emptyChannelState, stepChannelState, type ChannelState } from "./channel-state.ts";
import { createCommandRunner } from "./command-runner.ts";
import { createPerformAction } from "./cytube-action.ts";
import { createCytubeConnection } from "./cytube-connection.ts";
import { eventId, idAsUuid } from "./event-id.ts";
import { mirrorChanges, publicState } from "./mirrored-state.ts";
import type { RobotFacts } from "./queries.ts";
import { redactPayload } from "./redaction.ts";
import { openStateMirror, type MirrorPlace } from "./state-mirror.ts";

/** Options of {@link openRobot}. */
export interface RobotOptions {
  readonly bus: CoreBus;
  /** The site as it stands in events: `cytu.be`. */
  readonly domain: string;
  readonly channel: string;
  /** Where the site is. Defaults to `https://` and the domain. */
  readonly siteUrl?: string | undefined;
  readonly channelPassword?: string | undefined;
  /** Without a name the robot only listens. */
  readonly username?: string | undefined;
  /** Without a password the robot is a guest. */
  readonly password?: string | undefined;
  /** Whether addresses, aliases and the channel's password are left out of events and state. Defaults to true. */
  readonly redact?: boolean;
  /** Who may stop the robot over the bus, with signed commands. Nobody, when it is left out. */
  readonly administration?: AdministrationOptions | undefined;
  /** What system.version and the lifecycle say. Defaults to `1.0.0`. */
  readonly version?: string;
  /** Between two heartbeats. Defaults to 30,000 ms. */
  readonly heartbeatIntervalMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  readonly signal?: AbortSignal;
}

/** What happens to a robot. */
export type RobotEvent =
  | { readonly type: "joined"; readonly username: string }
  | { readonly type: "left"; readonly reason: string }
  /** A frame that could not be published; the outbox was full or the bus closed. */
  | { readonly type: "eventLost"; readonly eventName: string };

/** Counters of a robot. */
export interface RobotStats {
  readonly published: number;
  /** Chat messages that CyTube repeated at a join and that were not published again. */
  readonly replayed: number;
  readonly lost: number;
  readonly commands: number;
  readonly failedCommands: number;
  readonly reconnects: number;
}

/** A robot that connects a CyTube channel to a bus. */
export interface Robot extends EventSource<RobotEvent>, AsyncDisposable {
  /** What is known of the channel now, unredacted. */
  readonly state: ChannelState;
  readonly joined: boolean;
  readonly stats: RobotStats;
  /** Resolves when the state that others see is what the robot knows. */
  settled(): Promise<void>;
  /** Announces the end, leaves the channel and writes what is left; the bus stays open. Idempotent. */
  close(reason?: string): Promise<void>;
}

const RECENT_CHAT: MirrorPlace = { bucket: "state", key: "recent_chat" };
/** CyTube repeats 15; what the robot remembers over a restart must be more. */
const RECENT_CHAT_LIMIT = 64;

/**
 * Joins a channel, publishes what happens there, keeps its state in key-value buckets, and carries out commands.
 *
 * @throws BridgeError BRIDGE_CYTUBE_UNREACHABLE, BRIDGE_CYTUBE_LOGIN_FAILED, BRIDGE_INVALID_KEY
 */
export async function openRobot(options: RobotOptions): Promise<Robot> {
  const { bus, domain, channel, redact = true, version = "1.0.0" } = options;
  const { clock = systemClock, random = systemRandom, logger = silentLogger, signal } = options;
  const session = randomUUID();
  const startedAtMs = clock.monotonicMs();
  const emitter = createEmitter<RobotEvent>();
  const connection = createCytubeConnection({
    siteUrl: options.siteUrl ?? `https://${domain}`,
    channel,
    channelPassword: options.channelPassword === undefined ? undefined : createSecret(options.channelPassword),
    username: options.username,
    password: options.password === undefined ? undefined : createSecret(options.password),
    clock,
    random,
    logger,
  });
  const mirror = await openStateMirror({ bus, channel, clock, logger });
  const { replays, remember } = await recallChat((await mirror.get(RECENT_CHAT)) ?? new Uint8Array());
  const counts = { published: 0, replayed: 0, lost: 0 };
  let state = emptyChannelState;
  let username = "";
  let frames = 0;
  let lifecycle: LifecyclePublisher | undefined;
  let closing: Promise<void> | undefined;

  const publish = (frame: CytubeFrame): void => {
    const id = eventId(domain, channel, frame, session, frames++);
    const payload = redact ? redactPayload(frame) : frame.payload;
    const event = {
      eventName: frame.name,
      payload,
      channel,
      domain,
      publishedAtMs: clock.now(),
      correlationId: idAsUuid(id),
    };
    bus.send(eventSubject(channel, frame.name), encodeKrytenEvent(event), { id }).then(
      () => void counts.published++,
      (error: unknown) => {
        counts.lost++;
        logger.error("event not published", { event: frame.name, error });
        emitter.emit({ type: "eventLost", eventName: frame.name });
      },
    );
  };

  const take = (frame: CytubeFrame): void => {
    const before = state;
    state = stepChannelState(state, frame);
    const isChat = isCytubeFrame(frame, "chatMsg");
    if (isChat && replays.isReplay(frame.payload)) counts.replayed++;
    else {
      // First of all: whoever waits for the event shall not wait for the buckets.
      publish(frame);
      if (isChat) mirror.set(RECENT_CHAT, remember(chatMessageKey(frame.payload)));
    }
    mirrorChanges(mirror, before, state, redact);
  };

  const runner = createCommandRunner({
    domain,
    channel,
    state: () => state,
    publicState: () => ({ ...state, ...publicState(state, redact) }),
    facts: () => facts(),
    username: () => username,
    perform: createPerformAction(connection, clock),
    redact,
    administration: options.administration,
    clock,
    logger,
  });
  const facts = (): RobotFacts => ({
    version,
    domain,
    channel,
    uptimeSeconds: (clock.monotonicMs() - startedAtMs) / 1000,
    inChannel: connection.joined,
    busConnected: bus.connected,
    reconnects: connection.reconnects,
    eventsPublished: counts.published,
    eventsFailed: counts.lost,
    commandsProcessed: runner.processed,
    commandsFailed: runner.failed,
    stateConflicts: mirror.conflicts,
    timestamp: formatKrytenTimestamp(clock.now()),
  });

  const answer = async (name: string, decode: () => KrytenCommand): Promise<Uint8Array | undefined> => {
    let command: KrytenCommand;
    try {
      command = decode();
    } catch (error) {
      const text = error instanceof Error ? error.message : "This is no command.";
      return encodeKrytenReply("robot", name, { ok: false, error: text, code: "ROBOT_MESSAGE_INVALID" });
    }
    const reply = await runner.run(command);
    if (reply === undefined) return undefined;
    const data = encodeKrytenReply("robot", command.command, reply);
    if (data.byteLength <= MAXIMUM_MESSAGE_BYTES) return data;
    const error = `The answer has ${data.byteLength} bytes, a message no more than ${MAXIMUM_MESSAGE_BYTES}.`;
    return encodeKrytenReply("robot", command.command, { ok: false, error, code: "ROBOT_ANSWER_TOO_LARGE" });
  };
  const level = async (): Promise<Uint8Array> =>
    encodeJsonBytes(
      connection.joined
        ? { success: true, rank: state.rank, username }
        : { success: false, error: "The robot is not in the channel now.", rank: 0 },
    );

  const subscribe = async (): Promise<BusSubscription[]> => {
    // Each robot hears every command, and answers those for its channel.
    const queue = `robot-${Buffer.from(`${domain}/${channel}`).toString("base64url")}`;
    const [current, old] = userLevelSubjects(domain, channel);
    const command = ({ data }: BusMessage) => answer("unknown", () => decodeKrytenCommand(data));
    const legacy = ({ subject, data }: BusMessage) =>
      answer("unknown", () => ({ ...decodeLegacyKrytenCommand(subject, data), channel }));
    return Promise.all([
      bus.respond(serviceCommandSubject("robot"), command, { queue }),
      bus.respond(commandSubjectPattern(channel), legacy, { queue }),
      ...[...new Set([current, old])].map((subject) => bus.respond(subject, level, { queue })),
    ]);
  };

  const announce = (event: "connected" | "disconnected", extra: Readonly<Record<string, unknown>>): void => {
    lifecycle
      ?.announce(event, { target: "CyTube", domain, channel, ...extra })
      .catch((error: unknown) => logger.warn("lifecycle event not published", { event, error }));
  };
  connection.on("frame", ({ frame }) => take(frame));
  connection.on("joined", (event) => {
    ({ username } = event);
    announce("connected", {});
    emitter.emit(event);
  });
  connection.on("left", (event) => {
    // CyTube says nothing at a join of a poll or a leader that is no more.
    state = { ...state, poll: undefined, leader: "" };
    announce("disconnected", { reason: event.reason });
    emitter.emit(event);
  });

  const subscriptions: BusSubscription[] = [];
  const shut = async (reason: string): Promise<void> => {
    await lifecycle?.close(reason).catch((error: unknown) => logger.warn("no farewell", { error }));
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await connection.close();
    await mirror.close();
    emitter.close();
  };
  const robot: Robot = {
    on: emitter.on,
    events: emitter.events,
    get state() {
      return state;
    },
    get joined() {
      return connection.joined;
    },
    get stats() {
      const { reconnects } = connection;
      return { ...counts, commands: runner.processed, failedCommands: runner.failed, reconnects };
    },
    settled: () => mirror.settled(),
    close: (reason = "Normal shutdown") => (closing ??= shut(reason)),
    [Symbol.asyncDispose]: () => robot.close(),
  };
  try {
    const service: ServiceConfig = serviceOf(version, options.heartbeatIntervalMs ?? 30_000);
    lifecycle = await startLifecycle({ bus, service, instanceId: session, clock, random, logger });
    await connection.join(signal);
    subscriptions.push(...(await subscribe()));
    return robot;
  } catch (error) {
    await robot.close("Startup failed");
    throw error;
  }
}

function serviceOf(version: string, heartbeatIntervalMs: number): ServiceConfig {
  return {
    name: "robot",
    version,
    enableLifecycle: true,
    enableHeartbeat: true,
    heartbeatIntervalMs,
    enableDiscovery: true,
    healthPath: "/health",
    metricsPath: "/metrics",
  };
}

/** What chat an earlier robot has published, so that a restart publishes none of it again. */
async function recallChat(
  kept: Uint8Array,
): Promise<{ readonly replays: ChatReplayFilter; readonly remember: (key: string) => () => Uint8Array }> {
  const keys = readKeys(kept);
  const known = new Set(keys);
  const filter = createChatReplayFilter();
  return {
    replays: { isReplay: (message) => filter.isReplay(message) || known.has(chatMessageKey(message)) },
    remember(key) {
      keys.push(key);
      if (keys.length > RECENT_CHAT_LIMIT) keys.shift();
      return () => encodeJsonBytes(keys);
    },
  };
}

function readKeys(kept: Uint8Array): string[] {
  if (kept.byteLength === 0) return [];
  try {
    const value = decodeJsonBytes(kept);
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  } catch {
    return []; // Somebody else's value; the robot begins anew.
  }
}
