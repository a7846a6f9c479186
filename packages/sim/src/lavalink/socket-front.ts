import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, Timer } from "@antiphon/std";
import { WebSocketServer, type WebSocket } from "ws";
import { statusName } from "./http-front.ts";
import type { NodeState } from "./node-state.ts";
import type { Session } from "./session.ts";

/** What the WebSocket side is built from. */
export interface SocketFrontOptions {
  readonly state: NodeState;
  readonly password: string;
  readonly clock: Clock;
  readonly statsIntervalMs: number;
}

/** The WebSocket side of the simulated node. */
export interface SocketFront {
  readonly clients: ReadonlySet<WebSocket>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/** Clients have nothing to say over the socket. */
const PAYLOAD_LIMIT_BYTES = 1 << 16;

/** Builds a {@link SocketFront}. */
export function createSocketFront({ state, password, clock, statsIntervalMs }: SocketFrontOptions): SocketFront {
  const server = new WebSocketServer({ noServer: true, maxPayload: PAYLOAD_LIMIT_BYTES });
  const resumable = (request: IncomingMessage): Session | undefined => {
    const session = state.sessions.get(header(request, "session-id") ?? "");
    return session?.connected === false ? session : undefined;
  };
  server.on("headers", (headers, request) => {
    headers.push("Lavalink-Api-Version: 4", `Session-Resumed: ${resumable(request) !== undefined}`);
  });

  const accept = (socket: WebSocket, request: IncomingMessage) => {
    const resumed = resumable(request);
    const session = resumed ?? state.openSession(header(request, "user-id") ?? "", header(request, "client-name"));
    let statsTimer: Timer | undefined;
    const sendStats = () => {
      session.send({ op: "stats", ...state.stats() });
      statsTimer = clock.setTimer(statsIntervalMs, sendStats, { keepAlive: false });
    };
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      statsTimer?.cancel();
      session.detach(() => state.endSession(session));
    });
    session.attach(socket, request.socket, resumed !== undefined);
    sendStats();
  };

  return {
    clients: server.clients,
    upgrade(request, socket, head) {
      const refused = refusalOf(request, password);
      if (refused === undefined) {
        server.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, request));
        return;
      }
      socket.end(`HTTP/1.1 ${refused} ${statusName(refused)}\r\nLavalink-Api-Version: 4\r\nConnection: close\r\n\r\n`);
    },
    close: () => server.close(),
  };
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

/** The status of a handshake that Lavalink would refuse. */
function refusalOf(request: IncomingMessage, password: string): number | undefined {
  if (request.headers.authorization !== password) return 401;
  if (new URL(request.url ?? "/", "http://localhost").pathname !== "/v4/websocket") return 404;
  const userId = header(request, "user-id") ?? "";
  return userId === "" || userId === "0" ? 400 : undefined;
}
