import { lookup } from "node:dns";
import { isIP } from "node:net";
import { abortReason, createGuardedLookup } from "@antiphon/std";
import { Agent, request, type Dispatcher } from "undici";
import { VoiceSourceError } from "./source-error.ts";

/** How requests for an address are made. */
export interface HttpFetchOptions {
  /** Ends the transfer at any time. */
  readonly signal: AbortSignal;
  /** How long connecting and the response's headers may each take, in milliseconds. */
  readonly openTimeoutMs: number;
  /** How long the body may be silent while it is wanted, in milliseconds. */
  readonly readTimeoutMs: number;
  /** How many redirects are followed. */
  readonly maximumRedirects: number;
  /** Whether an IP address may be connected to, asked after name resolution and at each redirect. All may by default. */
  readonly isAddressAllowed?: ((ipAddress: string) => boolean) | undefined;
}

/** An answer that is no redirect any more, and whose address it is. */
export interface HttpAnswer {
  readonly url: URL;
  readonly response: Dispatcher.ResponseData;
}

/** Makes requests for one source; all of them obey the same rules. */
export interface HttpFetcher {
  /** Follows redirects; throws for every status but those of `expected`. */
  fetch(url: URL, headers: Readonly<Record<string, string>>, expected: readonly number[]): Promise<HttpAnswer>;
  /** What went wrong with a body, as a VoiceSourceError or the signal's reason. */
  toTransferError(url: URL, error: unknown): unknown;
  /** Cuts every connection; idempotent. */
  close(): Promise<void>;
}

const TIMEOUT_CODES = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** The address without what may hold a secret: user, password, query. */
export function publicName(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function refused(host: string): VoiceSourceError {
  return new VoiceSourceError(
    "SOURCE_ADDRESS_REFUSED",
    `${host} is an address that may not be fetched. Use a public address.`,
  );
}

function transferError(url: URL, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return abortReason(signal);
  if (error instanceof VoiceSourceError) return error;
  const { cause } = error as Error;
  if (cause instanceof VoiceSourceError) return cause;
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  if (TIMEOUT_CODES.has(code)) {
    const text = `${publicName(url)} did not answer in time. Try again, or use another address.`;
    return new VoiceSourceError("SOURCE_TIMED_OUT", text, { cause: error, retryable: true, details: { code } });
  }
  const text = `${publicName(url)} cannot be reached (${code}). Check the address.`;
  return new VoiceSourceError("SOURCE_UNREACHABLE", text, { cause: error, retryable: true, details: { code } });
}

/** Reads an address; throws SOURCE_INVALID_URL. */
export function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new VoiceSourceError("SOURCE_INVALID_URL", `"${text}" is no http or https address.`);
  }
  return url;
}

function checkStatus(url: URL, statusCode: number, expected: readonly number[]): void {
  if (expected.includes(statusCode)) return;
  if (statusCode === 404 || statusCode === 410) {
    throw new VoiceSourceError(
      "SOURCE_NOT_FOUND",
      `${publicName(url)} does not exist (HTTP ${statusCode}). Check the address.`,
    );
  }
  const retryable = statusCode === 429 || statusCode >= 500;
  throw new VoiceSourceError("SOURCE_HTTP_STATUS", `${publicName(url)} answered with HTTP ${statusCode}.`, {
    retryable,
    details: { statusCode },
  });
}

async function follow(
  start: URL,
  headers: Readonly<Record<string, string>>,
  options: HttpFetchOptions,
  dispatcher: Dispatcher,
): Promise<HttpAnswer> {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && options.isAddressAllowed?.(host) === false) throw refused(host);
    const response = await request(url, {
      dispatcher,
      signal: options.signal,
      headers: {
        accept: "audio/*, application/ogg, */*;q=0.5",
        "accept-encoding": "identity",
        "user-agent": "antiphon",
        ...headers,
      },
    }).catch((error: unknown) => {
      throw transferError(url, error, options.signal);
    });
    const { location } = response.headers;
    if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== "string")
      return { url, response };
    await response.body.dump();
    if (redirects >= options.maximumRedirects) {
      throw new VoiceSourceError(
        "SOURCE_TOO_MANY_REDIRECTS",
        `${publicName(start)} redirects more than ${options.maximumRedirects} times.`,
      );
    }
    url = parseUrl(location, url);
  }
}

/** Builds a {@link HttpFetcher}; connects on the first request. */
export function createHttpFetcher(options: HttpFetchOptions): HttpFetcher {
  const { isAddressAllowed, openTimeoutMs, readTimeoutMs, signal } = options;
  const dispatcher = new Agent({
    connect: {
      timeout: openTimeoutMs,
      ...(isAddressAllowed === undefined
        ? {}
        : { lookup: createGuardedLookup({ resolve: lookup, isAllowed: isAddressAllowed, refuse: refused }) }),
    },
    headersTimeout: openTimeoutMs,
    bodyTimeout: readTimeoutMs,
  });
  return {
    async fetch(url, headers, expected) {
      const answer = await follow(url, headers, options, dispatcher);
      checkStatus(answer.url, answer.response.statusCode, expected);
      return answer;
    },
    toTransferError: (url, error) => transferError(url, error, signal),
    close: () => dispatcher.destroy(),
  };
}
