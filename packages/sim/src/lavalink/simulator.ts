import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { WirePlayer } from "@antiphon/protocol/lavalink";
import { createSeededRandom, systemClock, type Clock, type Random } from "@antiphon/std";
import type { ApiRequest, ApiResponse } from "./api-exchange.ts";
import { createCatalogue, defaultTracks, type Catalogue, type SimulatedTrack } from "./catalogue.ts";
import {
  createFaultDice,
  createRequestFaultPlan,
  type FaultDice,
  type LavalinkFaults,
  type RequestFaultPlan,
} from "./fault-plan.ts";
import { createHttpFront, type RecordedRequest } from "./http-front.ts";
import { createNodeState, type NodeState, type SimulatedLoad } from "./node-state.ts";
import { createSocketFront, type SocketFront } from "./socket-front.ts";

/** Options of {@link startLavalinkSimulator}. */
export interface LavalinkSimulatorOptions {
  /** Defaults to `youshallnotpass`, as Lavalink's example configuration has it. */
  readonly password?: string;
  /** What can be loaded. Defaults to three short tracks and a live stream. */
  readonly tracks?: readonly SimulatedTrack[];
  /** Kinds of filters that the node's configuration switches off. Defaults to none. */
  readonly disabledFilters?: readonly string[];
  /** Milliseconds between positions. Defaults to 5,000. */
  readonly playerUpdateIntervalMs?: number;
  /** Milliseconds between statistics. Defaults to 60,000. */
  readonly statsIntervalMs?: number;
  /** The time by which tracks play. Defaults to the process's clock. */
  readonly clock?: Clock;
  /** Where session ids come from. Defaults to a fixed seed. */
  readonly random?: Random;
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
  readonly load: SimulatedLoad;
  /** Answers an endpoint that only a plugin has, such as `GET /v4/loadsearch`. */
  setRoute(method: string, path: string, answer: (request: ApiRequest) => ApiResponse): void;
  /** Sends statistics now. */
  sendStats(): void;
  /** Stops the node; idempotent. */
  close(): Promise<void>;
}

const REQUEST_LIMIT = 10_000;

/** Starts a {@link LavalinkSimulator} on a free port of 127.0.0.1. */
export async function startLavalinkSimulator(options: LavalinkSimulatorOptions = {}): Promise<LavalinkSimulator> {
  const { password = "youshallnotpass", clock = systemClock, random = createSeededRandom(1) } = options;
  const { playerUpdateIntervalMs = 5_000, statsIntervalMs = 60_000 } = options;
  const dice = createFaultDice(random);
  const catalogue = createCatalogue(options.tracks ?? defaultTracks);
  const state = createNodeState({
    catalogue,
    clock,
    random,
    playerUpdateIntervalMs,
    disabledFilters: new Set(options.disabledFilters ?? []),
    dice,
  });
  const requests: RecordedRequest[] = [];
  const record = (request: RecordedRequest) => {
    if (requests.push(request) > REQUEST_LIMIT) requests.shift();
  };
  const sockets = new Set<Socket>();
  const requestFaults = createRequestFaultPlan();
  const socketFront = createSocketFront({ state, password, clock, statsIntervalMs });
  const faults = createFaults(state, socketFront, sockets, requestFaults, dice);
  const handle = createHttpFront({ state, password, clock, faults, requestFaults, record, dice, random });

  const server = createServer((request, response) => {
    // A client that hangs up in the middle of its request leaves nobody to answer.
    handle(request, response).catch(() => response.destroy());
  });
  server.on("upgrade", socketFront.upgrade);
  server.on("connection", (socket) => {
    if (faults.unreachable) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  let closing: Promise<unknown> | undefined;
  const close = async () => {
    closing ??= once(server, "close");
    faults.restart();
    socketFront.close();
    server.close();
    await closing;
  };
  return {
    host: "127.0.0.1",
    port,
    url: `http://127.0.0.1:${port}`,
    password,
    catalogue,
    faults,
    requests,
    load: state.load,
    get sessions() {
      return [...state.sessions.values()].map(
        ({ sessionId, userId, clientName, connected, resuming, timeoutSeconds }) => ({
          sessionId,
          userId,
          clientName,
          connected,
          resuming,
          timeoutSeconds,
        }),
      );
    },
    get players() {
      return state.players();
    },
    setRoute: (method, path, respond) => void state.routes.set(`${method} ${path}`, respond),
    sendStats() {
      for (const session of state.sessions.values()) session.send({ op: "stats", ...state.stats() });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createFaults(
  state: NodeState,
  socketFront: SocketFront,
  sockets: ReadonlySet<Socket>,
  requestFaults: RequestFaultPlan,
  dice: FaultDice,
): LavalinkFaults {
  let unreachable = false;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const faults: LavalinkFaults = {
    latencyMs: 0,
    jitterMs: 0,
    get rates() {
      return dice.rates;
    },
    setRates: dice.set,
    get unreachable() {
      return unreachable;
    },
    set unreachable(value) {
      unreachable = value;
      if (value) cut();
    },
    get loseEvents() {
      return state.losesEvents;
    },
    set loseEvents(value) {
      state.losesEvents = value;
    },
    dropSockets() {
      for (const socket of socketFront.clients) socket.terminate();
    },
    freezeSockets() {
      for (const socket of socketFront.clients) socket.pause();
    },
    restart() {
      for (const session of state.sessions.values()) state.endSession(session);
      cut();
    },
    failRequests: requestFaults.add,
    failTrack(identifier, fault) {
      if (fault === undefined) state.trackFaults.delete(identifier);
      else state.trackFaults.set(identifier, fault);
    },
    closeVoice(guildId, { code, reason = "", byRemote = true }) {
      for (const session of state.sessions.values()) session.players.get(guildId)?.voiceClosed(code, reason, byRemote);
    },
    heal() {
      unreachable = false;
      faults.latencyMs = 0;
      faults.jitterMs = 0;
      dice.reset();
      state.losesEvents = false;
      requestFaults.clear();
      state.trackFaults.clear();
    },
    sendRaw(text) {
      for (const socket of socketFront.clients) socket.send(text);
    },
  };
  return faults;
}
