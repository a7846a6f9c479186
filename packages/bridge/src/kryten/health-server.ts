import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a health server tells. */
export interface HealthSource {
  /** Whether the process works at all: `/livez`. */
  isLive(): boolean;
  /** Whether it can do its work now: `/readyz` and the health path. */
  isReady(): boolean;
  /** Facts for the health path, as JSON. */
  details(): Readonly<Record<string, unknown>>;
  /** By name, in the order of the page: `kryten_events_received_total`. */
  metrics(): readonly Metric[];
}

/** One figure of the metrics page. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly value: number;
}

/** Options of {@link startHealthServer}. */
export interface HealthServerOptions {
  /** 0, the default, for a free one. */
  readonly port?: number;
  /** Defaults to `127.0.0.1`. */
  readonly host?: string;
  /** Defaults to `/health`. */
  readonly healthPath?: string;
  /** Defaults to `/metrics`. */
  readonly metricsPath?: string;
  readonly source: HealthSource;
}

/** A server for health and metrics. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Starts a server with `/livez`, `/readyz`, a health page and metrics in Prometheus' text format. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port = 0, host = "127.0.0.1", healthPath = "/health", metricsPath = "/metrics", source } = options;
  const pages: Readonly<Record<string, () => Page>> = {
    "/livez": () => state(source.isLive(), {}),
    "/readyz": () => state(source.isReady(), {}),
    [healthPath]: () => state(source.isReady(), source.details()),
    [metricsPath]: () => ({ status: 200, type: "text/plain; version=0.0.4", body: metricsText(source.metrics()) }),
  };
  const server = createServer((request, response) => answer(pages, request, response));
  server.listen(port, host);
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  const health: HealthServer = {
    port: actual,
    url: `http://${host}:${actual}`,
    async close() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
    [Symbol.asyncDispose]: () => health.close(),
  };
  return health;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function state(good: boolean, details: Readonly<Record<string, unknown>>): Page {
  const body = JSON.stringify({ status: good ? "healthy" : "degraded", ...details });
  return { status: good ? 200 : 503, type: "application/json", body };
}

function answer(pages: Readonly<Record<string, () => Page>>, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const isRead = request.method === "GET" || request.method === "HEAD";
  const page = isRead && Object.hasOwn(pages, path) ? pages[path]?.() : undefined;
  const { status, type, body } = page ?? { status: isRead ? 404 : 405, type: "text/plain", body: "Not here.\n" };
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : body);
}

function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, value }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    `${name} ${value}`,
  ]);
  return `${lines.join("\n")}\n`;
}
