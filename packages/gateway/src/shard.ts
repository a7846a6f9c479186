import {
  decodeGatewayFrame,
  peekDispatchHeader,
  GatewayOpcode,
  initialShardState,
  stepShard,
  type Dispatch,
  type DispatchFrame,
  type DispatchHeader,
  type ShardEffect,
  type ShardInput,
  type ShardSession,
  type ShardState,
  type ShardStatus,
  type ShardTimer,
} from "@antiphon/protocol/discord";
import { describeError, type Clock, type Logger, type Random, type Secret, type Timer } from "@antiphon/std";
import type { GatewayError } from "./gateway-error.ts";
import type { GatewaySocket, OpenShardSocket } from "./gateway-socket.ts";
import type { IdentifyGate } from "./identify-gate.ts";
import type { CreateInflater, Inflater, TransportCompression } from "./inflater.ts";
import { createSendQueue } from "./send-queue.ts";
import type { SessionSaver } from "./session-saver.ts";
import type { ShardKey } from "./session-store.ts";
import type { ShardStats } from "./gateway-stats.ts";

/** What a shard tells its gateway. */
export interface ShardHandlers {
  /** `isDecoded` is false when nobody wanted it, so that it has no data. */
  readonly onDispatch: (dispatch: Dispatch, isDecoded: boolean) => void;
  /** Whether anybody looks into events of this name; those that nobody does come without their data. */
  readonly wants: (type: string) => boolean;
  readonly onStateChange: (from: ShardStatus, to: ShardState) => void;
  /** The server, or the network, closed the connection. */
  readonly onDisconnected: (code: number, problem: string | undefined) => void;
}

/** What a shard needs. */
export interface ShardOptions extends ShardKey, ShardHandlers {
  readonly token: Secret;
  /** `d` of op 2 as it is now, without the token and the shard. */
  readonly identity: () => Readonly<Record<string, unknown>>;
  /** The URL of the main gateway; `attempt` counts connections that did not last. */
  readonly mainUrl: (attempt: number) => Promise<string>;
  readonly compression: TransportCompression | "none";
  readonly createInflater: CreateInflater;
  readonly openSocket: OpenShardSocket;
  /** The sockets inflate by themselves, in their worker threads. */
  readonly isInflated: boolean;
  readonly identifyGate: IdentifyGate;
  readonly sessionSaver: SessionSaver | undefined;
  readonly sendQueueLimit: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** One shard: executes what the state machine asks for. */
export interface Shard {
  readonly id: number;
  readonly state: ShardState;
  /** Starts; with a session, resumes it. */
  connect(session: ShardSession | undefined): void;
  /** Queues a command that is already JSON. */
  send(text: string, signal: AbortSignal | undefined): Promise<void>;
  /** Remembers the presence that was set on it, since Discord forgets it with the session. */
  present(presence: unknown): void;
  /**
   * Resolves when everything that Discord had sent by now has been delivered: a heartbeat is answered, and answers come in order. A
   * shard without connection gets one first; a closed one has nothing more to say.
   */
  catchUp(): Promise<void>;
  /** Ends; resolves when the sockets are closed and the session is saved. */
  close(keepSession: boolean, error: GatewayError): Promise<void>;
  readonly latencyMs: number | undefined;
  getStats(): ShardStats;
}

/** One socket with everything that lives and dies with it. */
interface Connection {
  readonly abort: AbortController;
  socket: GatewaySocket | undefined;
  inflater: Inflater | undefined;
}

/** Stands for a payload that was not parsed. */
const UNDECODED: unique symbol = Symbol("undecoded");

const LATENCY_SAMPLES = 5;

function gatewayUrl(base: string, compression: TransportCompression | "none"): string {
  const url = new URL(base);
  url.searchParams.set("v", "10");
  url.searchParams.set("encoding", "json");
  if (compression !== "none") url.searchParams.set("compress", compression);
  return url.href;
}

/** Builds a {@link Shard}. */
export function createShard(options: ShardOptions): Shard {
  const { shardId, shardCount, token, compression, clock, random, logger, identifyGate, sessionSaver } = options;
  let state: ShardState = initialShardState;
  let connection: Connection | undefined;
  const timers = new Map<ShardTimer, Timer>();
  const openSockets = new Set<Promise<void>>();
  const pending: ShardInput[] = [];
  let stepping = false;
  let presence: unknown;
  let heartbeatSentAtMs: number | undefined;
  let latencies: number[] = [];
  /** Heartbeats of this connection that are not answered yet. */
  let openBeats = 0;
  /** Those who wait until all are. */
  const catchingUp: (() => void)[] = [];
  const counters = {
    dispatches: 0,
    duplicates: 0,
    malformedFrames: 0,
    undecodedDispatches: 0,
    receivedBytes: 0,
    sentFrames: 0,
    connections: 0,
    identifies: 0,
    resumes: 0,
  };

  const write = (text: string) => {
    counters.sentFrames++;
    connection?.socket?.send(text);
  };
  const queue = createSendQueue({ shardId, limit: options.sendQueueLimit, clock, write });

  const release = (): Connection | undefined => {
    const released = connection;
    connection = undefined;
    released?.inflater?.close();
    released?.abort.abort();
    heartbeatSentAtMs = undefined;
    openBeats = 0;
    return released;
  };

  /** The current connection ended by itself. */
  const lose = (lost: Connection, code: number, problem: string | undefined) => {
    if (connection !== lost) return;
    release();
    logger.debug("Gateway connection lost.", { shardId, code, problem });
    options.onDisconnected(code, problem);
    input({ type: "socketClosed", code });
  };

  /** Nobody looks into an event, so its payload is not parsed; its sequence counts all the same. */
  const skip = (header: DispatchHeader) => {
    counters.undecodedDispatches++;
    input({ type: "frame", frame: { kind: "dispatch", ...header, data: UNDECODED } });
  };

  const onCaughtUp = () => {
    for (const resolve of catchingUp.splice(0)) resolve();
  };
  /** A heartbeat was answered. */
  const onAnswer = () => {
    if (heartbeatSentAtMs !== undefined)
      latencies = [...latencies.slice(1 - LATENCY_SAMPLES), clock.monotonicMs() - heartbeatSentAtMs];
    heartbeatSentAtMs = undefined;
    openBeats = Math.max(0, openBeats - 1);
    if (openBeats === 0 && state.status === "ready") onCaughtUp();
  };
  /** Beats as if the server had asked for it. */
  const beatNow = () => input({ type: "frame", frame: { kind: "heartbeat" } });

  const onText = (message: Buffer) => {
    const header = peekDispatchHeader(message);
    if (header !== undefined && !options.wants(header.type)) return skip(header);
    let value: unknown;
    try {
      value = JSON.parse(message.toString());
    } catch {
      value = undefined;
    }
    const frame = decodeGatewayFrame(value);
    if (frame.kind === "malformed") {
      counters.malformedFrames++;
      logger.warn("Gateway frame dropped.", { shardId, problem: frame.problem });
      return;
    }
    if (frame.kind === "heartbeatAck") onAnswer();
    input({ type: "frame", frame });
  };

  const attach = (own: Connection, base: string) => {
    const onMessage = (message: Buffer) => {
      if (connection === own) onText(message);
    };
    if (compression !== "none" && !options.isInflated) {
      own.inflater = options.createInflater(compression, {
        onMessage,
        onError(error) {
          own.socket?.abort();
          lose(own, 1006, error.message);
        },
      });
    }
    const closed = Promise.withResolvers<void>();
    counters.connections++;
    own.socket = options.openSocket(gatewayUrl(base, compression), {
      onMessage(data) {
        if (connection !== own) return;
        if (!options.isInflated) counters.receivedBytes += data.length;
        if (own.inflater === undefined) onText(data);
        else own.inflater.push(data);
      },
      onReceived(sizeBytes) {
        counters.receivedBytes += sizeBytes;
      },
      onSkipped(header) {
        if (connection === own) skip(header);
      },
      onClosed(code, problem) {
        openSockets.delete(closed.promise);
        closed.resolve();
        lose(own, code, problem);
      },
    });
    openSockets.add(closed.promise);
  };

  const open = (resumeUrl: string | undefined, attempt: number) => {
    const own: Connection = { abort: new AbortController(), socket: undefined, inflater: undefined };
    connection = own;
    const onFailure = (error: unknown) => lose(own, 1006, describeError(error));
    const onUrl = (url: string) => {
      if (connection !== own) return;
      try {
        attach(own, url);
      } catch (error) {
        onFailure(error);
      }
    };
    if (resumeUrl !== undefined) onUrl(resumeUrl);
    else options.mainUrl(attempt).then(onUrl, onFailure);
  };

  const requestIdentify = () => {
    const own = connection;
    if (own === undefined) return;
    identifyGate.acquire(shardId, { signal: own.abort.signal, shardCount }).then(
      () => {
        if (connection === own) input({ type: "identifyGranted" });
      },
      (error: unknown) => {
        if (connection !== own) return;
        const { socket } = own;
        lose(own, 1006, `identify gate: ${describeError(error)}`);
        socket?.close(4900);
      },
    );
  };

  const sendFrame = (op: number, d: unknown) => write(JSON.stringify({ op, d }));

  const setTimer = (timer: ShardTimer, delayMs: number) => {
    timers.get(timer)?.cancel();
    const fire = () => {
      timers.delete(timer);
      input({ type: "timerFired", timer });
    };
    timers.set(timer, clock.setTimer(delayMs, fire));
  };

  const deliver = ({ type, data }: DispatchFrame, sequence: number) => {
    const isDecoded = data !== UNDECODED;
    options.onDispatch({ type, data: isDecoded ? data : undefined, sequence, shardId }, isDecoded);
  };

  const run = (effect: ShardEffect) => {
    switch (effect.type) {
      case "dispatch":
        counters.dispatches++;
        return deliver(effect.frame, effect.sequence);
      case "openSocket":
        return open(effect.resumeUrl, effect.attempt);
      case "closeSocket":
        return release()?.socket?.close(effect.code);
      case "requestIdentify":
        return requestIdentify();
      case "sendIdentify":
        counters.identifies++;
        return sendFrame(GatewayOpcode.Identify, {
          ...options.identity(),
          ...(presence === undefined ? {} : { presence }),
          token: token.reveal(),
          shard: [shardId, shardCount],
        });
      case "sendResume":
        counters.resumes++;
        return sendFrame(GatewayOpcode.Resume, {
          token: token.reveal(),
          session_id: effect.session.id,
          seq: effect.session.sequence,
        });
      case "sendHeartbeat":
        heartbeatSentAtMs = clock.monotonicMs();
        openBeats++;
        return sendFrame(GatewayOpcode.Heartbeat, effect.sequence);
      case "setTimer":
        return setTimer(effect.timer, effect.minimumMs + (effect.maximumMs - effect.minimumMs) * random.next());
      case "clearTimers":
        for (const timer of effect.timers) {
          timers.get(timer)?.cancel();
          timers.delete(timer);
        }
        return;
      case "dropDuplicate":
        counters.duplicates++;
    }
  };

  const onStatus = (from: ShardStatus) => {
    if (state.status === "ready") queue.start(state.heartbeat.intervalMs);
    else if (from === "ready") queue.pause();
    if (state.status === "closed") onCaughtUp();
    else if (state.status === "ready" && catchingUp.length > 0) beatNow();
    options.onStateChange(from, state);
  };

  const step = (next: ShardInput) => {
    const { status } = state;
    const { state: after, effects } = stepShard(state, next);
    state = after;
    for (const effect of effects) run(effect);
    if (sessionSaver !== undefined) sessionSaver.note("session" in after ? after.session : undefined);
    if (after.status !== status) onStatus(status);
  };

  /** Steps one input after the other: what a subscriber does during a dispatch waits until the dispatch is done. */
  function input(next: ShardInput): void {
    if (stepping) return void pending.push(next);
    stepping = true;
    try {
      step(next);
      for (let item = pending.shift(); item !== undefined; item = pending.shift()) step(item);
    } finally {
      stepping = false;
    }
  }

  return {
    id: shardId,
    get state() {
      return state;
    },
    connect: (session) => input({ type: "connectRequested", session }),
    send: (text, signal) => queue.push(text, signal),
    present(next) {
      presence = next;
    },
    catchUp() {
      if (state.status === "closed") return Promise.resolve();
      const caughtUp = new Promise<void>((resolve) => catchingUp.push(resolve));
      if (state.status === "ready") beatNow();
      return caughtUp;
    },
    async close(keepSession, error) {
      queue.close(error);
      input({ type: "closeRequested", keepSession });
      await Promise.all(openSockets);
      await sessionSaver?.flush();
    },
    get latencyMs() {
      if (latencies.length === 0) return undefined;
      return latencies.reduce((sum, latencyMs) => sum + latencyMs, 0) / latencies.length;
    },
    getStats() {
      return {
        shardId,
        status: state.status,
        latencyMs: this.latencyMs,
        sequence: "session" in state ? state.session?.sequence : undefined,
        queuedCommands: queue.size,
        ...counters,
      };
    },
  };
}
