import { lookup } from "node:dns";
import { isIP } from "node:net";
import { createGuardedLookup, isPublicAddress } from "@antiphon/std";
import { Agent, request, type Dispatcher } from "undici";
import { z } from "zod";
import { SecurityError } from "../error.ts";
import type { Grant } from "./grant.ts";

/** What a plugin may fetch. */
export interface FetchGrantOptions {
  /** Hosts by name: `api.example.com`, or `*.example.com` for all below it. */
  readonly hosts: readonly string[];
  /** Defaults to https alone. */
  readonly protocols?: readonly ("https:" | "http:")[] | undefined;
  /** Methods. Defaults to GET and HEAD. */
  readonly methods?: readonly string[] | undefined;
  /** The largest body of a response in bytes. Defaults to 1 MiB. */
  readonly maximumResponseBytes?: number | undefined;
  /** How many redirects are followed, each checked like the first address. Defaults to 3. */
  readonly maximumRedirects?: number | undefined;
  /** Whether an IP address may be connected to, asked after name resolution. Defaults to the public internet's. */
  readonly isAddressAllowed?: ((ipAddress: string) => boolean) | undefined;
}

const argumentSchema = z.object({
  url: z.string().max(8_192),
  method: z.string().max(16).default("GET"),
  headers: z.record(z.string().max(256), z.string().max(8_192)).default({}),
  body: z.string().optional(),
});

/** Headers that speak for the host or bend the connection; the guest has no say in them. */
const FORBIDDEN_HEADER =
  /^(host|connection|content-length|transfer-encoding|upgrade|keep-alive|te|trailer|expect|proxy-.*)$/i;

function refuse(what: string): SecurityError {
  return new SecurityError("SECURITY_FETCH_REFUSED", `fetch: ${what}`);
}

async function readBody(body: Dispatcher.ResponseData["body"], maximumBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > maximumBytes) throw refuse(`the response has more than ${maximumBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** Builds the function behind a guest's `fetch`. */
export function createFetchGrant(options: FetchGrantOptions): Grant {
  const { protocols = ["https:"], methods = ["GET", "HEAD"], maximumResponseBytes = 1024 * 1024 } = options;
  const { maximumRedirects = 3, isAddressAllowed = isPublicAddress } = options;
  const hosts = options.hosts.map((host) => host.toLowerCase());
  const isHostAllowed = (name: string) =>
    hosts.some((host) => (host.startsWith("*.") ? name.endsWith(host.slice(1)) : name === host));

  const guardedLookup = createGuardedLookup({
    resolve: lookup,
    isAllowed: isAddressAllowed,
    refuse: (host) => refuse(`${host} leads to an address that is not allowed`),
  });

  const check = (text: string, base?: URL): URL => {
    const url = URL.parse(text, base?.href);
    if (url === null) throw refuse("that is no address");
    if (!protocols.some((protocol) => protocol === url.protocol)) throw refuse(`${url.protocol} is not allowed`);
    if (url.username !== "" || url.password !== "") throw refuse("an address may not hold a password");
    if (!isHostAllowed(url.hostname)) throw refuse(`the host ${url.hostname} is not allowed`);
    // No name is looked up for a literal address, so nothing else would ask.
    const literal = url.hostname.replace(/^\[(.*)\]$/, "$1");
    if (isIP(literal) !== 0 && !isAddressAllowed(literal)) throw refuse(`the address ${literal} is not allowed`);
    return url;
  };

  return async (argument, { signal }) => {
    const parsed = argumentSchema.safeParse(argument);
    if (!parsed.success) throw refuse("it takes an address, and a method, headers and a body as text");
    const { headers, body } = parsed.data;
    const method = parsed.data.method.toUpperCase();
    if (!methods.includes(method)) throw refuse(`the method ${method} is not allowed`);
    const forbidden = Object.keys(headers).find((name) => FORBIDDEN_HEADER.test(name));
    if (forbidden !== undefined) throw refuse(`the header ${forbidden} is not allowed`);
    let url = check(parsed.data.url);
    const dispatcher = new Agent({ connect: { lookup: guardedLookup } });
    try {
      for (let redirects = 0; ; redirects++) {
        const response = await request(url, {
          dispatcher,
          signal,
          headers,
          method,
          ...(body === undefined ? {} : { body }),
        });
        const { location } = response.headers;
        if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof location !== "string") {
          const { statusCode: status } = response;
          const text = await readBody(response.body, maximumResponseBytes);
          return { status, ok: status >= 200 && status < 300, url: url.href, headers: plainHeaders(response), text };
        }
        // What was sent to one host is not carried to another, nor sent twice.
        if (method !== "GET" && method !== "HEAD") throw refuse("a request that sends something is not redirected");
        if (redirects >= maximumRedirects) throw refuse(`there are more than ${maximumRedirects} redirects`);
        const next = check(location, url);
        if (next.origin !== url.origin && Object.keys(headers).length > 0) {
          throw refuse("a request with headers of its own is not redirected to another host");
        }
        url = next;
      }
    } catch (cause) {
      throw toFetchError(cause, url);
    } finally {
      await dispatcher.destroy();
    }
  };
}

function plainHeaders(response: Dispatcher.ResponseData): Record<string, string> {
  const rows = Object.entries(response.headers).map(([name, value]) => [name, String(value ?? "")] as const);
  return Object.fromEntries(rows);
}

function toFetchError(cause: unknown, url: URL): SecurityError {
  if (cause instanceof SecurityError) return cause;
  const inner = (cause as Error).cause;
  if (inner instanceof SecurityError) return inner;
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
  return new SecurityError("SECURITY_FETCH_FAILED", `fetch: ${url.host} cannot be reached (${code}).`, {
    cause,
    retryable: true,
  });
}
