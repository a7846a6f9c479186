import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createKeyedMutex, describeError, silentLogger, systemClock, type Timer } from "@antiphon/std";
import { WebSocketServer, type WebSocket } from "ws";
import type { AudioNode, AudioNodeOptions } from "./audio-node.ts";
import {
  API_VERSION_HEADER,
  createPasswordCheck,
  errorBody,
  readJson,
  sendAnswer,
  urlOf,
  WRONG_PASSWORD,
} from "./http-exchange.ts";
import { AudioNodeError, RequestError } from "./node-error.ts";
import { createNodeInfo } from "./node-info.ts";
import { createStatsReader } from "./node-stats.ts";
import { answerRequest, type ApiContext } from "./rest-api.ts";
import { createSessionRegistry } from "./session-registry.ts";
import { checkUpgrade, rejectUpgrade, type UpgradeRequest } from "./socket-upgrade.ts";
import { createTrackLoader } from "./track-loader.ts";
import type { ConnectVoiceLink } from "./voice-link.ts";

const STATS_INTERVAL_MS = 60_000;
/** How long a track is kept that nobody can hear, as on Lavalink. */
const CLEANUP_MS = 60_000;
const MAXIMUM_SOCKET_MESSAGE_BYTES = 64 * 1024;

/** Everything that a node's doors work on. */
interface NodeCore extends ApiContext {
  readonly options: AudioNodeOptions;
  readonly isPassword: (given: string | undefined) => boolean;
}

async function createCore(options: AudioNodeOptions, connectVoice: ConnectVoiceLink): Promise<NodeCore> {
  const { musicDirectory, allowUrls = "public", clock = systemClock, logger = silentLogger } = options;
  if (options.password === "") {
    throw new AudioNodeError(
      "AUDIO_NODE_INVALID_OPTIONS",
      "password: it is empty. Give one, for clients to send as Authorization.",
    );
  }
  const loader = await createTrackLoader({ musicDirectory, allowUrls });
  const sessions = createSessionRegistry({
    connectVoice,
    loader,
    clock,
    logger,
    playerUpdateIntervalMs: options.playerUpdateIntervalMs ?? 5000,
    stuckThresholdMs: options.stuckThresholdMs ?? 10_000,
    cleanupMs: CLEANUP_MS,
    maximumPlayers: options.maximumPlayersPerSession ?? 1000,
  });
  return {
    options,
    isPassword: createPasswordCheck(options.password),
    info: createNodeInfo(loader.sourceNames),
    loader,
    sessions,
    stats: createStatsReader(clock),
    guilds: createKeyedMutex<string>(),
  };
}

async function handleRequest(core: NodeCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams: query } = urlOf(request);
  const method = request.method ?? "GET";
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the client went away")));
  try {
    if (!core.isPassword(request.headers.authorization)) throw new RequestError(401, WRONG_PASSWORD);
    const readBody = () => readJson(request);
    sendAnswer(response, await answerRequest(core, { method, path, query, readBody, signal: gone.signal }));
  } catch (error) {
    const status = error instanceof RequestError ? error.status : 500;
    if (status === 500) core.options.logger?.error("a request failed", { method, path, error });
    const trace = query.get("trace") === "true" && error instanceof Error ? error.stack : undefined;
    // What is left of a body that is not wanted must not be taken for the next request.
    if (!request.complete) response.setHeader("connection", "close");
    sendAnswer(response, { status, body: errorBody(status, describeError(error), path, trace) });
  }
}

/** Sends statistics at once and every minute, while the socket is the session's. */
function sendStats(core: NodeCore, socket: WebSocket, send: (message: ReturnType<typeof statsMessage>) => void): void {
  const clock = core.options.clock ?? systemClock;
  let timer: Timer | undefined;
  const tick = () => {
    send(statsMessage(core));
    timer = clock.setTimer(STATS_INTERVAL_MS, tick);
  };
  socket.once("close", () => timer?.cancel());
  tick();
}

function statsMessage({ stats, sessions }: NodeCore) {
  return { op: "stats" as const, ...stats.read(sessions.all(), true) };
}

function attachSocket(core: NodeCore, socket: WebSocket, { userId, sessionId }: UpgradeRequest): void {
  const { logger = silentLogger } = core.options;
  const session = core.sessions.attach(socket, userId, sessionId);
  socket.on("message", () =>
    logger.warn("a client sent a message; the WebSocket is one-way", { sessionId: session.sessionId }),
  );
  socket.on("error", (error) => logger.warn("a client's socket failed", { sessionId: session.sessionId, error }));
  socket.once("close", () => core.sessions.detach(socket, session));
  sendStats(core, socket, (message) => session.send(message));
}

/** Lets clients in by WebSocket; gives the server whose sockets are open. */
function createSocketDoor(core: NodeCore, server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAXIMUM_SOCKET_MESSAGE_BYTES });
  sockets.on("headers", (headers, request) => {
    const { userId, sessionId } = checkUpgrade(request, core.isPassword);
    headers.push(API_VERSION_HEADER.join(": "), `Session-Resumed: ${core.sessions.canResume(sessionId, userId)}`);
  });
  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const asked = checkUpgrade(request, core.isPassword);
    const resumes = core.sessions.canResume(asked.sessionId, asked.userId);
    if (!resumes && core.sessions.size >= (core.options.maximumSessions ?? 64)) {
      throw new RequestError(503, "This node has as many sessions as it may have. Close one first.");
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => attachSocket(core, webSocket, asked));
  };
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      accept(request, socket, head);
    } catch (error) {
      rejectUpgrade(
        socket,
        request,
        error instanceof RequestError ? error : new RequestError(500, describeError(error)),
      );
    }
  });
  return sockets;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new AudioNodeError(
        "AUDIO_NODE_PORT_IN_USE",
        `Port ${port} of ${host} is in use. Choose another with the option port.`,
        { cause },
      );
    }
    throw new AudioNodeError("AUDIO_NODE_LISTEN_FAILED", `The node cannot listen on ${host}:${port} (${code}).`, {
      cause,
      details: { code },
    });
  }
  server.removeListener("error", reject);
  return (server.address() as AddressInfo).port;
}

/** Starts a node whose players join voice channels through `connectVoice`. */
export async function startNodeServer(options: AudioNodeOptions, connectVoice: ConnectVoiceLink): Promise<AudioNode> {
  const { host = "127.0.0.1" } = options;
  const core = await createCore(options, connectVoice);
  const server = createServer((request, response) => void handleRequest(core, request, response));
  const sockets = createSocketDoor(core, server);
  const port = await listen(server, host, options.port ?? 2333);

  let closing: Promise<void> | undefined;
  const shutDown = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await core.sessions.close();
    for (const socket of sockets.clients) socket.close(1001, "the node shuts down");
    server.closeAllConnections();
    for (const socket of sockets.clients) socket.terminate();
    await closed;
  };
  const close = () => (closing ??= shutDown());
  return {
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
