import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { NodeStats, WirePlayer, WireTrack } from "@antiphon/protocol/lavalink";
import { createSeededRandom, systemClock, type Clock, type Random, type Timer } from "@antiphon/std";
import { WebSocketServer, type WebSocket } from "ws";
import { createCatalogue, defaultTracks, type Catalogue, type SimulatedTrack } from "./catalogue.ts";
import { createRequestFaultPlan, type LavalinkFaults, type RequestFault } from "./fault-plan.ts";
import { answer, type ApiRequest, type ApiResponse } from "./rest-api.ts";
import { createSession, type Session } from "./session.ts";
import type { TrackFault } from "./virtual-player.ts";

/** Options of {@link startLavalinkSimulator}. */
export interface LavalinkSimulatorOptions {
  /** Defaults to `youshallnotpass`, as Lavalink's example configuration has it. */
  readonly password?: string;
  /** What can be loaded. Defaults to three short tracks and a live stream. */
  readonly tracks?: readonly SimulatedTrack[];
  /** Milliseconds between positions. Defaults to 5,000. */
  readonly playerUpdateIntervalMs?: number;
  /** Milliseconds between statistics. Defaults to 60,000. */
  readonly statsIntervalMs?: number;
  /** The time by which tracks play. Defaults to the process's clock. */
  readonly clock?: Clock;
  /** Where session ids come from. Defaults to a fixed seed. */
  readonly random?: Random;
}

/** A request that the simulated node answered. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly body: unknown;
  readonly status: number;
}

/** A session as seen from outside. */
export interface SimulatedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly clientName: string | undefined;
  readonly connected: boolean;
  readonly resuming: boolean;
  readonly timeoutSeconds: number;
}

/** A Lavalink v4 node on loopback that plays time instead of audio. */
export interface LavalinkSimulator extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly password: string;
  readonly catalogue: Catalogue;
  readonly faults: LavalinkFaults;
  /** The last 10,000 HTTP requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  readonly sessions: readonly SimulatedSession[];
  /** Every player of every session. */
  readonly players: readonly WirePlayer[];
  /** What the node sends as statistics beside its player counts. */
  load: { systemLoadRatio: number; lavalinkLoadRatio: number; frameStats: NodeStats["frameStats"] };
  /** Sends statistics now. */
  sendStats(): void;
  /** Stops the node; idempotent. */
  close(): Promise<void>;
}

const REQUEST_LIMIT = 10_000;
const BODY_LIMIT_BYTES = 1 << 20;
const API_VERSION = { "Lavalink-Api-Version": "4" } as const;

/** Starts a {@link LavalinkSimulator} on a free port of 127.0.0.1. */
export async function startLavalinkSimulator(options: LavalinkSimulatorOptions = {}): Promise<LavalinkSimulator> {
  const node = createNode(options);
  node.server.listen(0, "127.0.0.1");
  await once(node.server, "listening");
  return node.simulator((node.server.address() as AddressInfo).port);
}

function createNode(options: LavalinkSimulatorOptions) {
  const { password = "youshallnotpass", clock = systemClock, random = createSeededRandom(1) } = options;
  const { statsIntervalMs = 60_000, playerUpdateIntervalMs = 5_000 } = options;
  const catalogue = createCatalogue(options.tracks ?? defaultTracks);
  const sessions = new Map<string, Session>();
  const sockets = new Set<Socket>();
  const requests: RecordedRequest[] = [];
  const requestFaults = createRequestFaultPlan();
  const trackFaults = new Map<string, TrackFault>();
  const load: LavalinkSimulator["load"] = { systemLoadRatio: 0.1, lavalinkLoadRatio: 0.05, frameStats: null };
  const startedMs = clock.monotonicMs();
  const timers = new Map<WebSocket, Timer>();
  // ws treats a missing protocol header as it should; frames from clients carry nothing, so they may be small.
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: BODY_LIMIT_BYTES });

  const attachedSession = (sessionId: string) => {
    const session = sessions.get(sessionId);
    return session?.connected === true ? session : undefined;
  };
  const allPlayers = () => [...sessions.values()].flatMap((session) => [...session.players.values()]);
  const stats = (): NodeStats => {
    const players = allPlayers().map((player) => player.view());
    return {
      players: players.length,
      playingPlayers: players.filter((player) => player.track != null && !player.paused).length,
      uptime: Math.floor(clock.monotonicMs() - startedMs),
      memory: { free: 100_000_000, used: 100_000_000, allocated: 200_000_000, reservable: 500_000_000 },
      cpu: { cores: 2, systemLoad: load.systemLoadRatio, lavalinkLoad: load.lavalinkLoadRatio },
      frameStats: load.frameStats,
    };
  };
  const context = { catalogue, sessionOf: attachedSession, stats };

  const server = createServer((request, response) => {
    // A client that hangs up in the middle of its request leaves nobody to answer.
    handle(request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    if (faults.unreachable) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const method = request.method ?? "GET";
    const body = await readJson(request);
    if (faults.latencyMs > 0) await clock.sleep(faults.latencyMs);
    const apiRequest: ApiRequest = { method, path: url.pathname, query: url.searchParams, body };
    const refusal = authorize(request) ?? (body === NOT_JSON ? refuse(400, "The body is not JSON") : undefined);
    const fault = refusal === undefined ? requestFaults.take(method, url.pathname) : undefined;
    const result = refusal ?? faulty(apiRequest, fault);
    record({ method, path: url.pathname, query: url.search.slice(1), body, status: result.status });
    respond(response, apiRequest, result, fault?.retryAfterSeconds);
  }

  const faulty = (request: ApiRequest, fault: RequestFault | undefined): ApiResponse => {
    if (fault === undefined) return answer(context, request);
    if (fault.applied === true) answer(context, request);
    return refuse(fault.status, fault.message ?? "A fault of the simulator");
  };
  const authorize = (request: IncomingMessage): ApiResponse | undefined => {
    const given = request.headers.authorization;
    if (given === undefined) return refuse(401, "Authorization is missing");
    return given === password ? undefined : refuse(403, "Authorization is wrong");
  };
  const record = (request: RecordedRequest) => {
    if (requests.push(request) > REQUEST_LIMIT) requests.shift();
  };
  const respond = (response: ServerResponse, request: ApiRequest, result: ApiResponse, retryAfterSeconds?: number) => {
    const retry = retryAfterSeconds === undefined ? {} : { "Retry-After": String(retryAfterSeconds) };
    const isText = typeof result.body === "string";
    const type = result.body === undefined ? {} : { "Content-Type": isText ? "text/plain" : "application/json" };
    response.writeHead(result.status, { ...API_VERSION, ...retry, ...type });
    if (result.status < 400) {
      response.end(isText || result.body === undefined ? result.body : JSON.stringify(result.body));
      return;
    }
    const { message } = result.body as { readonly message: string };
    const error = { timestamp: clock.now(), status: result.status, error: statusName(result.status), message, path: request.path };
    const trace = request.query.get("trace") === "true" ? { trace: `simulated: ${message}` } : {};
    response.end(JSON.stringify({ ...error, ...trace }));
  };

  server.on("upgrade", (request, socket: Duplex, head) => {
    const refused = refuseUpgrade(request, password);
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused} ${statusName(refused)}\r\nLavalink-Api-Version: 4\r\nConnection: close\r\n\r\n`);
      return;
    }
    const wanted = sessions.get(header(request, "session-id") ?? "");
    const resumable = wanted !== undefined && !wanted.connected ? wanted : undefined;
    const responseHeaders = (headers: string[]) =>
      void headers.push("Lavalink-Api-Version: 4", `Session-Resumed: ${resumable !== undefined}`);
    webSockets.once("headers", responseHeaders);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, request, resumable));
  });

  const accept = (webSocket: WebSocket, request: IncomingMessage, resumable: Session | undefined) => {
    const session = resumable ?? openSession(request);
    webSocket.on("error", () => webSocket.terminate());
    webSocket.on("close", () => {
      timers.get(webSocket)?.cancel();
      timers.delete(webSocket);
      session.detach(() => endSession(session));
    });
    session.attach(webSocket, resumable !== undefined);
    const sendStats = () => {
      session.send({ op: "stats", ...stats() });
      timers.set(webSocket, clock.setTimer(statsIntervalMs, sendStats, { keepAlive: false }));
    };
    sendStats();
  };
  const openSession = (request: IncomingMessage): Session => {
    const session = createSession({
      sessionId: newSessionId(random),
      userId: header(request, "user-id") ?? "",
      clientName: header(request, "client-name"),
      clock,
      playerUpdateIntervalMs,
      faultOf: (track: WireTrack) => trackFaults.get(track.info.identifier),
    });
    sessions.set(session.sessionId, session);
    return session;
  };
  const endSession = (session: Session) => {
    sessions.delete(session.sessionId);
    session.destroy();
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  let unreachable = false;
  const faults: LavalinkFaults = {
    latencyMs: 0,
    get unreachable() {
      return unreachable;
    },
    set unreachable(value) {
      unreachable = value;
      if (value) cut();
    },
    dropSockets() {
      for (const webSocket of webSockets.clients) webSocket.terminate();
    },
    freezeSockets() {
      for (const webSocket of webSockets.clients) webSocket.pause();
    },
    restart() {
      for (const session of sessions.values()) endSession(session);
      cut();
    },
    failRequests: requestFaults.add,
    failTrack(identifier, fault) {
      if (fault === undefined) trackFaults.delete(identifier);
      else trackFaults.set(identifier, fault);
    },
    closeVoice(guildId, { code, reason = "", byRemote = true }) {
      for (const session of sessions.values()) session.players.get(guildId)?.voiceClosed(code, reason, byRemote);
    },
    sendRaw(text) {
      for (const webSocket of webSockets.clients) webSocket.send(text);
    },
  };

  let closing: Promise<void> | undefined;
  const close = async () => {
    faults.restart();
    for (const timer of timers.values()) timer.cancel();
    webSockets.close();
    server.close();
    await once(server, "close");
  };
  const simulator = (port: number): LavalinkSimulator => ({
    host: "127.0.0.1",
    port,
    url: `http://127.0.0.1:${port}`,
    password,
    catalogue,
    faults,
    requests,
    load,
    get sessions() {
      return [...sessions.values()].map(({ sessionId, userId, clientName, connected, resuming, timeoutSeconds }) => ({
        sessionId,
        userId,
        clientName,
        connected,
        resuming,
        timeoutSeconds,
      }));
    },
    get players() {
      return allPlayers().map((player) => player.view());
    },
    sendStats() {
      for (const session of sessions.values()) session.send({ op: "stats", ...stats() });
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  });
  return { server, simulator };
}

function refuse(status: number, message: string): ApiResponse {
  return { status, body: { message } };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

/** The status of a handshake that Lavalink would refuse. */
function refuseUpgrade(request: IncomingMessage, password: string): number | undefined {
  if (request.headers.authorization !== password) return 401;
  if (new URL(request.url ?? "/", "http://localhost").pathname !== "/v4/websocket") return 404;
  const userId = header(request, "user-id") ?? "";
  return userId === "" || userId === "0" ? 400 : undefined;
}

const SESSION_ID_LENGTH = 16;
const SESSION_ID_ALPHABET = [..."abcdefghijklmnopqrstuvwxyz0123456789"];

function newSessionId(random: Random): string {
  return Array.from({ length: SESSION_ID_LENGTH }, () => random.pick(SESSION_ID_ALPHABET)).join("");
}

const statusNames: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function statusName(status: number): string {
  return statusNames[status] ?? "Error";
}

const NOT_JSON = Symbol("not JSON");

/** Reads a body of at most 1 MiB; what is longer is cut and so no JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  if (chunks.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return NOT_JSON;
  }
}
