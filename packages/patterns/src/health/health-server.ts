import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describeError, silentLogger, type Logger } from "@antiphon/std";
import type { Metrics } from "../metrics/metrics.ts";
import { PatternsError } from "../error.ts";
import type { HealthMonitor } from "./health-monitor.ts";

/** Options of {@link startHealthServer}. */
export interface HealthServerOptions {
  /** What `/readyz` and `/health` tell of. */
  readonly health: HealthMonitor;
  /** What `/metrics` shows; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** The port; 0, the default, takes any that is free. */
  readonly port?: number;
  /** The address to listen on. Defaults to `127.0.0.1`. */
  readonly host?: string;
  /** Where a page that failed is told. */
  readonly logger?: Logger;
}

/** A server for orchestrators and scrapers. */
export interface HealthServer extends AsyncDisposable {
  /** The port it listens on. */
  readonly port: number;
  /** Its address: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Ends it with all its connections; idempotent. */
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, value: unknown): Page => ({
  status,
  type: "application/json",
  body: `${JSON.stringify(value)}\n`,
});
const text = (status: number, body: string): Page => ({ status, type: "text/plain; charset=utf-8", body });

/** The pages by path. `/readyz` is 503 while a service is unhealthy; a degraded one still does its work. */
function pagesOf({ health, metrics }: HealthServerOptions): Readonly<Record<string, () => Page | Promise<Page>>> {
  const ready = () => (health.getSystemHealth().overallStatus === "unhealthy" ? 503 : 200);
  return {
    "/livez": () => json(200, { status: "live" }),
    "/readyz": () => json(ready(), { status: health.getSystemHealth().overallStatus }),
    "/health": () => json(ready(), health.report()),
    ...(metrics === undefined
      ? {}
      : { "/metrics": async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }) }),
  };
}

/**
 * Starts a server with `/livez`, `/readyz`, `/health` and, with metrics, `/metrics` in Prometheus' text format. Its pages tell names and
 * figures of services to whoever can reach it, so it listens on the loopback address unless told otherwise.
 *
 * @throws PatternsError PATTERNS_START_FAILED when it cannot listen there
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port = 0, host = "127.0.0.1", logger = silentLogger } = options;
  const pages = pagesOf(options);
  const server = createServer((request, response) => void answer(pages, request, response, logger));
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (cause) {
    const message = `The health server cannot listen on ${host}:${port}: ${describeError(cause)}. Choose another port.`;
    throw new PatternsError("PATTERNS_START_FAILED", message, { cause });
  }
  const { port: actual } = server.address() as AddressInfo;
  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { port: actual, url: `http://${host}:${actual}`, close, [Symbol.asyncDispose]: close };
}

async function answer(
  pages: ReturnType<typeof pagesOf>,
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const isRead = request.method === "GET" || request.method === "HEAD";
  const page = isRead && Object.hasOwn(pages, path) ? pages[path] : undefined;
  let { status, type, body } = text(isRead ? 404 : 405, isRead ? "There is no such page.\n" : "Only GET and HEAD.\n");
  try {
    if (page !== undefined) ({ status, type, body } = await page());
  } catch (error) {
    logger.error("a health page failed", { path, error });
    ({ status, type, body } = text(500, "This page failed; the log says why.\n"));
  }
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : body);
}
