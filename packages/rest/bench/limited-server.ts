import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** How the server behaves in one scenario. */
export interface ServerRules {
  /** From a request's arrival to its answer. */
  readonly roundTripMs: number;
  /** Messages per channel in a window, and requests a second over all; no limits when left out. */
  readonly limits?: { readonly perChannel: number; readonly windowMs: number; readonly perSecond: number } | undefined;
  /** Every fifth request gets the next of 500, 502, 503; or every one gets 503. */
  readonly fails?: "every fifth" | "always" | undefined;
}

/** What the server saw in one scenario. */
export interface ServerFigures {
  /** From the first request's arrival to the last answer. */
  readonly spanMs: number;
  readonly refused: number;
  readonly peakSockets: number;
  /** When answers went out, counted from the first arrival. */
  readonly answeredMs: readonly number[];
  /** Messages that were created, by their nonce or one by one. */
  readonly created: number;
}

/** A Discord that does little but count. */
export interface LimitedServer {
  readonly origin: string;
  /** Starts a scenario. */
  begin(rules: ServerRules): void;
  /** What was seen since `begin`. */
  figures(): ServerFigures;
  close(): void;
}

interface Window {
  used: number;
  readonly endsAtMs: number;
}

/** Starts a {@link LimitedServer} on loopback. */
export async function startLimitedServer(): Promise<LimitedServer> {
  let rules: ServerRules = { roundTripMs: 0 };
  let windows = new Map<string, Window>();
  let nonces = new Set<string>();
  let seen = { firstMs: 0, requests: 0, refused: 0, peakSockets: 0, answeredMs: [] as number[] };
  let sockets = 0;

  const count = (key: string, windowMs: number): Window => {
    const nowMs = performance.now();
    let window = windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs)
      windows.set(key, (window = { used: 0, endsAtMs: nowMs + windowMs }));
    window.used++;
    return window;
  };
  const judge = (
    path: string,
  ): { readonly status: number; readonly headers: Record<string, string>; readonly body: unknown } => {
    const json = { "content-type": "application/json" };
    if (rules.fails === "always") return { status: 503, headers: json, body: { message: "x" } };
    if (rules.fails === "every fifth" && seen.requests % 5 === 0)
      return { status: [500, 502, 503][(seen.requests / 5) % 3] as number, headers: json, body: { message: "x" } };
    if (rules.limits === undefined) return { status: 200, headers: json, body: { id: "1" } };
    const { perChannel, windowMs, perSecond } = rules.limits;
    const nowMs = performance.now();
    const all = path.includes("/channels/") ? count("all", 1_000) : undefined;
    const own = count(path, windowMs);
    const isGlobal = all !== undefined && all.used > perSecond;
    const resetS = ((isGlobal ? all.endsAtMs : own.endsAtMs) - nowMs) / 1_000;
    if (isGlobal || own.used > perChannel) {
      seen.refused++;
      const headers = {
        ...json,
        "retry-after": String(Math.ceil(resetS)),
        "x-ratelimit-scope": isGlobal ? "global" : "user",
      };
      return { status: 429, headers, body: { message: "limited", retry_after: resetS, global: isGlobal } };
    }
    const headers = {
      ...json,
      "x-ratelimit-bucket": "80c17d2f203122d936070c88c8d10f33",
      "x-ratelimit-limit": String(perChannel),
      "x-ratelimit-remaining": String(perChannel - own.used),
      "x-ratelimit-reset": String((Date.now() + resetS * 1_000) / 1_000),
      "x-ratelimit-reset-after": resetS.toFixed(3),
    };
    return { status: 200, headers, body: { id: "1" } };
  };
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    if (request.url?.includes("/warm/") === true) {
      request.resume().on("end", () => response.writeHead(204).end());
      return;
    }
    seen.firstMs ||= performance.now();
    const answer = () => {
      seen.requests++;
      const { status, headers, body } = judge(request.url ?? "");
      if (status === 200) {
        const { nonce } = JSON.parse(Buffer.concat(chunks).toString() || "{}") as { readonly nonce?: string };
        nonces.add(nonce ?? `request ${seen.requests}`);
      }
      setTimeout(() => {
        seen.answeredMs.push(performance.now() - seen.firstMs);
        response.writeHead(status, headers).end(JSON.stringify(body));
      }, rules.roundTripMs / 2);
    };
    request.on("end", () => setTimeout(answer, rules.roundTripMs / 2));
  });
  server.on("connection", (socket) => {
    seen.peakSockets = Math.max(seen.peakSockets, ++sockets);
    socket.on("close", () => sockets--);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    begin(given) {
      rules = given;
      windows = new Map();
      nonces = new Set();
      seen = { firstMs: 0, requests: 0, refused: 0, peakSockets: 0, answeredMs: [] };
    },
    figures: () => ({
      spanMs: Math.max(...seen.answeredMs),
      refused: seen.refused,
      peakSockets: seen.peakSockets,
      answeredMs: seen.answeredMs,
      created: nonces.size,
    }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
