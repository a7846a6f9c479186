import { AntiphonError } from "@antiphon/std";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import { isIP, type AddressInfo } from "node:net";
import { extname } from "node:path";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Listener } from "./listener.ts";
import { createPageSession, pageMessageSchema } from "./page-session.ts";
import type { PlaygroundWorld } from "./world.ts";

/** The page cannot be served. */
export class PageServerError extends AntiphonError<"PLAYGROUND_PORT_IN_USE" | "PLAYGROUND_LISTEN_FAILED"> {}

/** Options of {@link servePage}. */
export interface PageServerOptions {
  readonly playground: PlaygroundWorld;
  readonly listener: Listener;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** The page's server. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
  close(): Promise<void>;
}

const WEB = new URL("../web/", import.meta.url);
const CONTENT_TYPES: { readonly [extension: string]: string } = {
  ".html": "text/html",
  ".css": "text/css",
  ".ts": "text/javascript",
};
const FILE_NAME = /^\/(?:[a-z-]+\.(?:html|css|ts)|src\/page-protocol\.ts)$/u;
const MAXIMUM_MESSAGE_BYTES = 64 * 1024;
/** A page that reads slower than this much of sound (about 0.7 s) loses frames rather than falling behind. */
const MAXIMUM_UNSENT_BYTES = 128 * 1024;
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/**
 * Serves the page and its sockets.
 *
 * @throws PageServerError PLAYGROUND_PORT_IN_USE, PLAYGROUND_LISTEN_FAILED
 */
export async function servePage({ playground, listener, host, port }: PageServerOptions): Promise<PageServer> {
  const server = createServer((request, response) => void serveFile(request, response));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAXIMUM_MESSAGE_BYTES, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    const path = new URL(request.url ?? "/", "http://page").pathname;
    const accept = path === "/page" ? acceptPage : path === "/listen" ? acceptEars : undefined;
    // Another site's script may reach a loopback port, too; the browser then says where it comes from.
    if (accept === undefined || !isOwnOrigin(request))
      return void socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
    sockets.handleUpgrade(request, socket, head, accept);
  });

  const acceptPage = (socket: WebSocket) => {
    const session = createPageSession({
      playground,
      listener,
      send: (message) => socket.send(JSON.stringify(message)),
    });
    socket.on("message", (data) => {
      const message = pageMessageSchema.safeParse(parseJson(data));
      if (message.success) void session.receive(message.data);
      else socket.close(1008, "that is no message of the page");
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => session[Symbol.dispose]());
  };
  const acceptEars = (socket: WebSocket) => {
    if (listener.connection === undefined) {
      listener.join(playground.voiceChannelId).catch(() => socket.close(1011, "the voice channel cannot be joined"));
    }
    const subscription = listener.on("frame", ({ pcm }) => {
      if (socket.bufferedAmount < MAXIMUM_UNSENT_BYTES) socket.send(pcm);
    });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => subscription[Symbol.dispose]());
  };

  await listen(server, host, port);
  const shownHost = host.includes(":") ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= new Promise((resolve) => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closing;
  };
  return { url: `http://${shownHost}:${(server.address() as AddressInfo).port}`, close, [Symbol.asyncDispose]: close };
}

/** Sends one of the page's own files; TypeScript goes out as JavaScript, its types cut away. */
async function serveFile(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://page").pathname;
  const name = path === "/" ? "/index.html" : path;
  if (request.method !== "GET" || !FILE_NAME.test(name))
    return void response.writeHead(404, SECURITY_HEADERS).end("Not found");
  try {
    // The page shares one module of constants with the server.
    const text = await readFile(new URL(name.startsWith("/src/") ? `..${name}` : `.${name}`, WEB), "utf8");
    const type = CONTENT_TYPES[extname(name)] ?? "text/plain";
    const body = type === "text/javascript" ? stripTypeScriptTypes(text) : text;
    response.writeHead(200, { ...SECURITY_HEADERS, "content-type": `${type}; charset=utf-8` }).end(body);
  } catch {
    response.writeHead(404, SECURITY_HEADERS).end("Not found");
  }
}

/**
 * Whether a request comes from the page itself. The host must be an address or localhost: a name could be another site's, pointed at
 * this machine so that origin and host agree.
 */
function isOwnOrigin({ headers }: IncomingMessage): boolean {
  const own = URL.parse(`http://${headers.host}`);
  if (own === null || !(own.hostname === "localhost" || isIP(own.hostname.replace(/^\[|\]$/gu, "")) !== 0))
    return false;
  return headers.origin === undefined || URL.parse(headers.origin)?.host === own.host;
}

function parseJson(data: RawData): unknown {
  try {
    // One buffer, because the sockets leave "nodebuffer" as it is.
    return JSON.parse((data as Buffer).toString());
  } catch {
    return undefined;
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === "EADDRINUSE";
      const code = taken ? "PLAYGROUND_PORT_IN_USE" : "PLAYGROUND_LISTEN_FAILED";
      const why = taken
        ? `Port ${port} is in use. Choose another with --port, or --port 0 for any free one.`
        : `Cannot listen on ${host}:${port}: ${cause.message}.`;
      reject(new PageServerError(code, why, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}
