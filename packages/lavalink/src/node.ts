import { isUtf8 } from "node:buffer";
import {
  decodeMessage,
  initialNodeState,
  stepNode,
  type DecodedMessage,
  type EventMessage,
  type NodeEffect,
  type NodeInput,
  type NodeState,
  type NodeStats,
} from "@antiphon/protocol/lavalink";
import { createSecret, describeError, type Clock, type Logger, type Random, type Timer } from "@antiphon/std";
import type { WebSocketEnd } from "@antiphon/web-socket";
import { frameChannel, publishFrame } from "./diagnostics.ts";
import { nodeNameOf, type NodeAddress } from "./node-address.ts";
import { createNodeRest, type NodeRest } from "./node-rest.ts";
import { openNodeSocket, type NodeSocket } from "./node-socket.ts";
import { reconnectDelayMs, type ReconnectPolicy } from "./reconnect-policy.ts";
import { PlayerUpdateReader, toPlayerUpdate, type PlayerUpdate } from "./read-update.ts";

/** What every node of a client shares. */
export interface NodeSettings {
  readonly userId: () => string;
  /** `NAME/VERSION`. */
  readonly clientName: string;
  readonly requestTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly connections: number;
  readonly reconnect: ReconnectPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a node tells its owner. */
export interface NodeListener {
  becameReady(node: Node, resumed: boolean): void;
  /** Commands must wait: the session may be back in a moment. */
  interrupted(node: Node): void;
  becameLost(node: Node, reason: string): void;
  /** It is not tried any more, after so many attempts. */
  gaveUp(node: Node, attempts: number): void;
  /** Where a player is; the object is overwritten by the next. */
  update(node: Node, update: PlayerUpdate): void;
  event(node: Node, message: EventMessage): void;
  /** A message of a plugin, or of another server than Lavalink. */
  unknown(node: Node, raw: Readonly<Record<string, unknown>>): void;
}

/** One Lavalink node: its socket, its REST side and what it said about its load. */
export interface Node {
  readonly name: string;
  readonly region: string | undefined;
  readonly priority: number;
  readonly rest: NodeRest;
  /** The session, while commands may flow. */
  readonly sessionId: string | undefined;
  readonly ready: boolean;
  /** Whether its players should be moved away. */
  readonly lost: boolean;
  /** Why it was lost last, or could not be reached; undefined before. */
  readonly lostReason: string | undefined;
  readonly stats: NodeStats | undefined;
  /** Frames that could not be read so far. */
  readonly malformedFrames: number;
  /** Opens the socket; a session id of an earlier run of the process is resumed if the node still has it. */
  connect(sessionId?: string): void;
  /** Resolves with whether the socket answers a ping; one that does not is cut. */
  verify(): Promise<boolean>;
  /** Cuts the socket, so that a session is opened anew, and resolves once it is cut. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

const NOT_TEXT: DecodedMessage = { kind: "malformed", reason: "the frame is not UTF-8" };
const STABLE_AFTER_MS = 10_000;
const FATAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404]);

/** Builds a {@link Node}; `connect` opens it. */
export function createNode(address: NodeAddress, settings: NodeSettings, listener: NodeListener): Node {
  const { clock, logger } = settings;
  const name = nodeNameOf(address);
  const host = address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
  const scheme = address.secure === true ? "s" : "";
  const password = createSecret(address.password);
  const rest = createNodeRest({
    name,
    origin: `http${scheme}://${host}`,
    password,
    requestTimeoutMs: settings.requestTimeoutMs,
    connections: settings.connections,
    clock,
    random: settings.random,
  });
  let state: NodeState = initialNodeState;
  let lost = false;
  let lostReason: string | undefined;
  let stats: NodeStats | undefined;
  let malformedFrames = 0;
  let socket: NodeSocket | undefined;
  let retryTimer: Timer | undefined;
  let stableTimer: Timer | undefined;

  const step = (input: NodeInput) => {
    const next = stepNode(state, input);
    state = next.state;
    for (const effect of next.effects) perform(effect);
  };

  const perform = (effect: NodeEffect) => {
    switch (effect.type) {
      case "openSocket":
        openSocket(effect.sessionId);
        break;
      case "closeSocket":
        socket?.abort();
        break;
      case "scheduleRetry":
        scheduleRetry(effect.attempt);
        break;
      case "cancelRetry":
        retryTimer?.cancel();
        break;
      case "becameReady":
        lost = false;
        stableTimer = clock.setTimer(STABLE_AFTER_MS, () => step({ type: "stable" }), { keepAlive: false });
        listener.becameReady(node, effect.resumed);
        break;
      case "interrupted":
        logger.warn("The socket of a Lavalink node dropped; reconnecting", { node: name, reason: lostReason });
        listener.interrupted(node);
        break;
      case "becameLost":
        lost = true;
        listener.becameLost(node, lostReason ?? "it was closed");
        break;
    }
  };

  const scheduleRetry = (failed: number) => {
    const delayMs = reconnectDelayMs(settings.reconnect, failed, settings.random);
    if (delayMs !== undefined) {
      retryTimer = clock.setTimer(delayMs, () => step({ type: "retryDue" }));
      return;
    }
    step({ type: "giveUp" });
    listener.gaveUp(node, failed);
  };
  const openSocket = (sessionId: string | undefined) => {
    const headers = {
      Authorization: password.reveal(),
      "User-Id": settings.userId(),
      "Client-Name": settings.clientName,
      ...(sessionId === undefined ? {} : { "Session-Id": sessionId }),
    };
    try {
      const own = openNodeSocket({
        url: `ws${scheme}://${host}/v4/websocket`,
        headers,
        handshakeTimeoutMs: settings.handshakeTimeoutMs,
        heartbeatMs: settings.heartbeatMs,
        clock,
        onFrame: (frame) => own === socket && receive(frame),
      });
      socket = own;
      void own.closed.then(socketClosed);
    } catch (error) {
      // What cannot be a header now cannot be one later.
      lostReason = describeError(error);
      step({ type: "socketClosed", fatal: true });
    }
  };
  const socketClosed = ({ code, problem, refusedStatus }: WebSocketEnd) => {
    stableTimer?.cancel();
    lostReason =
      refusedStatus === undefined
        ? (problem ?? `the socket closed with code ${code}`)
        : `the node refused the handshake with status ${refusedStatus}`;
    step({ type: "socketClosed", fatal: FATAL_STATUSES.has(refusedStatus ?? 0) });
  };

  const update = new PlayerUpdateReader();
  /** Gives whether it was a position, of which there are many and which can wait. */
  const receive = (frame: Buffer): boolean => {
    if (frameChannel.hasSubscribers) publishFrame({ node: name, text: frame.toString("utf8") });
    const isUpdate = update.read(frame);
    if (isUpdate) listener.update(node, update);
    else receiveMessage(frame);
    return isUpdate;
  };
  const receiveMessage = (frame: Buffer) => {
    const decoded: DecodedMessage = isUtf8(frame) ? decodeMessage(frame.toString("utf8")) : NOT_TEXT;
    if (decoded.kind === "malformed") {
      malformedFrames++;
      logger.warn("A Lavalink node sent a frame that cannot be read", { node: name, reason: decoded.reason });
    }
    if (decoded.kind === "unknown") listener.unknown(node, decoded.raw);
    if (decoded.kind !== "message") return;
    const { message } = decoded;
    switch (message.op) {
      case "ready":
        step({ type: "ready", sessionId: message.sessionId, resumed: message.resumed });
        break;
      case "stats":
        stats = message;
        break;
      case "playerUpdate":
        listener.update(node, toPlayerUpdate(message));
        break;
      case "event":
        listener.event(node, message);
        break;
    }
  };

  const node: Node = {
    name,
    region: address.region,
    priority: address.priority ?? 0,
    rest,
    get sessionId() {
      return state.name === "ready" ? state.sessionId : undefined;
    },
    get ready() {
      return state.name === "ready";
    },
    get lost() {
      return lost;
    },
    get lostReason() {
      return lostReason;
    },
    get stats() {
      return stats;
    },
    get malformedFrames() {
      return malformedFrames;
    },
    connect: (sessionId) => step({ type: "connect", sessionId }),
    verify: async () => state.name === "ready" && socket !== undefined && (await socket.answersPing()),
    async reconnect() {
      if (state.name !== "ready" || socket === undefined) return;
      socket.abort();
      await socket.closed;
    },
    async close() {
      step({ type: "close" });
      stableTimer?.cancel();
      await rest.close();
    },
  };
  return node;
}
