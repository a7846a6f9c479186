import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { cyaniteApi } from "./cyanite-api.ts";
import type { FaultScript, MusicFault } from "./fault-script.ts";
import { lastfmApi, lastfmError } from "./lastfm-api.ts";
import { listenbrainzApi } from "./listenbrainz-api.ts";
import { isDescriptiveUserAgent, musicbrainzApi } from "./musicbrainz-api.ts";
import type { MusicService, ServiceAnswer, ServiceApi, ServiceRequest, ServiceWorld } from "./service-exchange.ts";
import { tooMany, type LimitBook, type MusicViolation } from "./service-limits.ts";
import { spotifyApi } from "./spotify-api.ts";

/** A request that a service was sent. */
export interface MusicRequest {
  /** Who was asked. */
  readonly service: MusicService;
  /** The method. */
  readonly method: string;
  /** Path and query, without keys. */
  readonly target: string;
  /** The status of the answer; 0 when there was none. */
  readonly status: number;
  /** When it came, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** What the HTTP side is built from. */
export interface HttpFrontOptions {
  readonly world: ServiceWorld;
  readonly faults: FaultScript;
  readonly books: Readonly<Record<MusicService, LimitBook>>;
  readonly signal: AbortSignal;
  report(violation: MusicViolation): void;
  record(request: MusicRequest): void;
}

/** Where each service begins. */
export const serviceRoots: Readonly<Record<MusicService, string>> = {
  lastfm: "/lastfm",
  musicbrainz: "/musicbrainz/ws/2",
  listenbrainz: "/listenbrainz",
  cyanite: "/cyanite",
  spotify: "/spotify",
};

const apis: Readonly<Record<MusicService, ServiceApi>> = {
  lastfm: lastfmApi,
  musicbrainz: musicbrainzApi,
  listenbrainz: listenbrainzApi,
  cyanite: cyaniteApi,
  spotify: spotifyApi,
};

const BODY_LIMIT_BYTES = 1 << 20;
const HTML = "<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body>Access denied.</body></html>";
const LIE = {
  status: "ok",
  data: [{ id: 17 }],
  toptags: "none",
  recordings: { "0": null },
  recenttracks: [],
  tracks: 3,
  payload: [],
};

/** Answers the requests of all services. */
export function createHttpFront(options: HttpFrontOptions) {
  const { world, faults, books, signal, report, record } = options;
  const { clock } = world;
  let delayed = 0;

  const delay = async (wait: Promise<unknown>) => {
    delayed++;
    try {
      await wait;
    } finally {
      delayed--;
    }
  };
  const refusal = (service: MusicService, request: ServiceRequest): ServiceAnswer | undefined => {
    if (service === "musicbrainz" && !isDescriptiveUserAgent(request.headers["user-agent"])) {
      const message = `"${request.headers["user-agent"] ?? ""}" does not say who asks and how to reach them`;
      report({ service, rule: "userAgent", message, atMs: clock.now() });
      return { status: 403, body: { error: "Your user agent is not descriptive." } };
    }
    return books[service].admit();
  };
  /** The answer to a request that meets no fault of its bytes. */
  const answerOf = (service: MusicService, request: ServiceRequest, fault: MusicFault | undefined): ServiceAnswer => {
    if (fault?.kind === "status") {
      if (fault.retryAfterSeconds !== undefined) books[service].hold(fault.retryAfterSeconds * 1_000);
      if (fault.status === 429) return tooMany(service, fault.retryAfterSeconds ?? 1);
      const headers = fault.retryAfterSeconds === undefined ? {} : { "Retry-After": String(fault.retryAfterSeconds) };
      return { status: fault.status, headers, body: { error: "A fault of the simulator" } };
    }
    if (fault?.kind === "lastfmError") return lastfmError(fault.error, fault.status ?? 200);
    if (fault?.kind === "lie") return { status: 200, body: LIE };
    return apis[service](request, world);
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? "/", "http://localhost");
    const service = serviceOf(url.pathname);
    const body = await readText(incoming);
    if (service === undefined) {
      response.writeHead(404).end();
      return;
    }
    const path = url.pathname.slice(serviceRoots[service].length);
    const method = incoming.method ?? "GET";
    const headers = incoming.headers as ServiceRequest["headers"];
    const request = { method, path, query: url.searchParams, headers, body };
    const target = `${path}${redactedSearch(url.searchParams)}`;
    const atMs = clock.now();
    const refused = refusal(service, request);
    const fault = refused === undefined ? faults.take(service, target) : undefined;
    if (fault?.kind === "slow") await delay(clock.sleep(fault.delayMs, { signal }));
    if (fault?.kind === "hang") await delay(Promise.race([once(incoming.socket, "close"), once(signal, "abort")]));
    if (fault?.kind === "cut" || fault?.kind === "hang") {
      record({ service, method, target, status: 0, atMs });
      response.destroy();
      return;
    }
    const answer = refused ?? answerOf(service, request, fault);
    const status = fault?.kind === "html" ? (fault.status ?? 403) : answer.status;
    record({ service, method, target, status, atMs });
    const json = JSON.stringify(answer.body);
    const text = fault?.kind === "html" ? HTML : fault?.kind === "truncate" ? json.slice(0, json.length / 2) : json;
    const contentType = fault?.kind === "html" ? "text/html" : "application/json; charset=utf-8";
    response.writeHead(status, { "Content-Type": contentType, ...books[service].headers(), ...answer.headers });
    response.end(text);
  };
  return {
    handle,
    get delayed() {
      return delayed;
    },
  };
}

function serviceOf(path: string): MusicService | undefined {
  const found = Object.entries(serviceRoots).find(([, root]) => path.startsWith(`${root}/`));
  return found?.[0] as MusicService | undefined;
}

function redactedSearch(query: URLSearchParams): string {
  const shown = new URLSearchParams(query);
  if (shown.has("api_key")) shown.set("api_key", "[redacted]");
  return shown.size === 0 ? "" : `?${shown.toString()}`;
}

/** Reads a body of at most 1 MiB; what is longer is cut. */
async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
