import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSeededRandom, systemClock, type Clock } from "@antiphon/std";
import { WebSocketServer } from "ws";
import type { VoiceAllocator } from "../voice-allocator.ts";
import { createGatewayHub } from "./gateway/create-hub.ts";
import type { GatewayHub } from "./gateway/hub.ts";
import type { IdentifyOptions } from "./gateway/identify-gate.ts";
import { createLatency } from "./latency.ts";
import { createInteractionDelivery, setInteractionsEndpoint } from "./rest/interaction-delivery.ts";
import { createInvalidRequestGate } from "./rest/invalid-requests.ts";
import { createRateLimiter, type RateLimitOptions } from "./rest/rate-limiter.ts";
import { createRestFailures } from "./rest/rest-failures.ts";
import { createRestHandler } from "./rest/rest-handler.ts";
import { DiscordSimError, known } from "./sim-error.ts";
import { createTranscript, type Transcript } from "./transcript.ts";
import { createWorld } from "./world/create-world.ts";
import { abandonInteractions } from "./world/interaction.ts";
import { createWorldState } from "./world/state.ts";
import type { World } from "./world/world.ts";

/** Options of {@link startDiscordSimulator}; the defaults are Discord's own figures. */
export interface DiscordSimulatorOptions {
  /** Where to listen. Defaults to 127.0.0.1. */
  readonly host?: string | undefined;
  /** Defaults to 0, any free port. */
  readonly port?: number | undefined;
  /** Time for ids, timestamps, limits and deadlines. Defaults to the system's. */
  readonly clock?: Clock | undefined;
  /** Where tokens and session ids come from. Defaults to 1. */
  readonly seed?: number | undefined;
  /** Gives out voice servers; without one, nobody gets VOICE_SERVER_UPDATE. */
  readonly voice?: VoiceAllocator | undefined;
  /** The limits of the HTTP API. */
  readonly rateLimits?: RateLimitOptions | undefined;
  /** The limits of IDENTIFY. */
  readonly identify?: IdentifyOptions | undefined;
  /** The shard count that `GET /gateway/bot` recommends. Defaults to 1. */
  readonly shards?: number | undefined;
  /** The interval of HELLO. Defaults to 41,250 ms. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** How long HELLO waits after a connection opened. Defaults to 0. */
  readonly helloDelayMs?: number | undefined;
  /** How many dispatches a session keeps for a resume. Defaults to 2,000. */
  readonly replayLimit?: number | undefined;
  /** How long a session waits for its client to come back. Defaults to 180,000 ms. */
  readonly resumeWindowMs?: number | undefined;
  /** Spreads each zlib-stream payload over WebSocket messages of this size. Off by default. */
  readonly splitCompressedAtBytes?: number | undefined;
  /** How many entries the transcript keeps. Defaults to 10,000. */
  readonly transcriptLimit?: number | undefined;
}

/** A simulated Discord that listens on loopback. */
export interface DiscordSimulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Where clients find the HTTP API: {@link DiscordSimulator.url} and `/api`. */
  readonly apiUrl: string;
  /** `ws://127.0.0.1:PORT`. */
  readonly gatewayUrl: string;
  /** The world from above: people, guilds, commands, faults. */
  readonly world: World;
  /** What was said on the sockets. */
  readonly transcript: Transcript;
  /** Cuts all connections and stops listening; idempotent. */
  close(): Promise<void>;
}

/** The most bytes of a frame that the socket itself takes; smaller ones that are too large get Discord's close code. */
const SOCKET_FRAME_BYTES = 1024 * 1024;

/**
 * Starts a simulated Discord: HTTP API v10 and gateway v10 on one port.
 *
 * @throws DiscordSimError SIM_DISCORD_LISTEN_FAILED when the port is taken
 */
export async function startDiscordSimulator(options: DiscordSimulatorOptions = {}): Promise<DiscordSimulator> {
  const clock = options.clock ?? systemClock;
  const seed = options.seed ?? 1;
  const closing = new AbortController();
  const state = createWorldState({
    clock,
    random: createSeededRandom(seed),
    voice: options.voice,
    closing: closing.signal,
  });
  // A stream of its own, so that tokens stay the same whatever the network does.
  const latency = createLatency(createSeededRandom(~seed));
  const transcript = createTranscript(clock, options.transcriptLimit ?? 10_000);
  state.deliverInteraction = createInteractionDelivery(state, transcript);
  const failures = createRestFailures();
  const hub = createGatewayHub({
    state,
    transcript,
    options: {
      heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
      helloDelayMs: options.helloDelayMs ?? 0,
      replayLimit: options.replayLimit ?? 2_000,
      resumeWindowMs: options.resumeWindowMs ?? 180_000,
      splitCompressedAtBytes: options.splitCompressedAtBytes,
      identify: options.identify ?? {},
      nextLatencyMs: latency.nextGatewayMs,
    },
  });
  const gateway = {
    get url() {
      return hub.gatewayUrl;
    },
    shards: options.shards ?? 1,
    sessionStartLimit: hub.identifyGate.sessionStartLimit,
  };
  const handle = createRestHandler({
    state,
    transcript,
    gateway,
    failures,
    limiter: createRateLimiter(clock, options.rateLimits),
    invalidRequests: createInvalidRequestGate(clock, options.rateLimits?.invalidRequests),
    nextLatencyMs: latency.nextRestMs,
  });
  const server = createServer((request, response) => void handle(request, response));
  const sockets = serveUpgrades(server, hub);
  const host = options.host ?? "127.0.0.1";
  await listen(server, host, options.port ?? 0);
  state.origin = `http://${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;

  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= new Promise((resolve) => {
      closing.abort();
      hub.close();
      abandonInteractions(state);
      sockets.close();
      for (const socket of sockets.clients) socket.terminate();
      server.close(() => resolve());
      server.closeAllConnections();
      state.events.close();
    });
    return closed;
  };
  return {
    url: state.origin,
    apiUrl: `${state.origin}/api`,
    gatewayUrl: hub.gatewayUrl,
    world: createWorld(state, {
      ...hub.faults,
      failRequests: failures.plan,
      setLatency: latency.set,
      setInteractionsEndpoint: (applicationId, url) =>
        setInteractionsEndpoint(state, known(state.applications.get(applicationId), "application", applicationId), url),
    }),
    transcript,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function serveUpgrades(server: Server, hub: GatewayHub): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: SOCKET_FRAME_BYTES });
  server.on("upgrade", (request, socket, head) => {
    const { pathname } = new URL(request.url ?? "/", "http://simulator");
    if (pathname !== "/") {
      hub.transcript.add({ type: "problem", text: `Nothing answers a WebSocket at ${pathname}.` });
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => hub.accept(client, request));
  });
  return sockets;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new DiscordSimError(
          "SIM_DISCORD_LISTEN_FAILED",
          `The simulated Discord cannot listen on ${host}:${port}; choose another port.`,
          { cause },
        ),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}
