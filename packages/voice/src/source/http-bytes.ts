import { lookup as resolveHost, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP } from "node:net";
import { abortReason } from "@antiphon/std";
import { Agent, request, type Dispatcher } from "undici";
import type { ByteSource } from "./byte-reader.ts";
import { VoiceSourceError } from "./source-error.ts";

/** How an address is fetched. */
export interface HttpBytesOptions {
  /** Ends the transfer at any time. */
  readonly signal: AbortSignal;
  /** How long connecting and the response's headers may each take, in milliseconds. */
  readonly openTimeoutMs: number;
  /** How long the body may be silent while it is wanted, in milliseconds. */
  readonly readTimeoutMs: number;
  /** How many redirects are followed. */
  readonly maximumRedirects: number;
  /** The largest size that is begun, where the server tells the size. */
  readonly maximumBytes: number;
  /** Whether an IP address may be connected to, asked after name resolution and at each redirect. All may by default. */
  readonly isAddressAllowed?: ((ipAddress: string) => boolean) | undefined;
}

/** The body of a response. */
export interface HttpBytes extends ByteSource {
  /** Whether it looks endless: no size, and no way to ask for a part. */
  readonly isLive: boolean;
  /** What a radio station calls itself. */
  readonly stationName: string | undefined;
}

const TIMEOUT_CODES = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** The address without what may hold a secret: user, password, query. */
function publicName(url: URL): string {
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

/** Resolves names as Node does, but hands out allowed addresses only, so that a name cannot change its mind after the check. */
function createLookup(isAllowed: (ipAddress: string) => boolean) {
  type Callback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
  return (host: string, options: LookupOptions, callback: Callback) => {
    resolveHost(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return callback(refused(host), "");
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new VoiceSourceError("SOURCE_INVALID_URL", `"${text}" is no http or https address.`);
  }
  return url;
}

function checkStatus(url: URL, statusCode: number): void {
  if (statusCode === 200) return;
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

interface Answer {
  readonly url: URL;
  readonly response: Dispatcher.ResponseData;
}

async function follow(start: URL, options: HttpBytesOptions, dispatcher: Dispatcher): Promise<Answer> {
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

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/**
 * Begins to fetch an address; no more is read than is asked for.
 *
 * @throws VoiceSourceError SOURCE_INVALID_URL, SOURCE_ADDRESS_REFUSED, SOURCE_UNREACHABLE, SOURCE_TIMED_OUT, SOURCE_NOT_FOUND,
 *   SOURCE_HTTP_STATUS, SOURCE_TOO_MANY_REDIRECTS, SOURCE_TOO_LARGE
 */
export async function openHttpBytes(address: string | URL, options: HttpBytesOptions): Promise<HttpBytes> {
  const { isAddressAllowed, openTimeoutMs, readTimeoutMs } = options;
  const dispatcher = new Agent({
    connect: {
      timeout: openTimeoutMs,
      ...(isAddressAllowed === undefined ? {} : { lookup: createLookup(isAddressAllowed) }),
    },
    headersTimeout: openTimeoutMs,
    bodyTimeout: readTimeoutMs,
  });
  try {
    const { url, response } = await follow(parseUrl(String(address)), options, dispatcher);
    checkStatus(url, response.statusCode);
    const { headers, body } = response;
    const length = Number(single(headers["content-length"]) ?? Number.NaN);
    const sizeBytes = Number.isSafeInteger(length) ? length : null;
    if (sizeBytes !== null && sizeBytes > options.maximumBytes) {
      throw new VoiceSourceError(
        "SOURCE_TOO_LARGE",
        `${publicName(url)} has ${sizeBytes} bytes; ${options.maximumBytes} are allowed.`,
      );
    }
    const pieces = body[Symbol.asyncIterator]();
    return {
      name: publicName(url),
      sizeBytes,
      isLive: sizeBytes === null && single(headers["accept-ranges"]) !== "bytes",
      stationName: single(headers["icy-name"]),
      async read() {
        const piece = await pieces.next().catch((error: unknown) => {
          throw transferError(url, error, options.signal);
        });
        return piece.done === true ? null : (piece.value as Uint8Array);
      },
      close: () => dispatcher.destroy(),
    };
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
}
