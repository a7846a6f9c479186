import type { ByteSource } from "./byte-reader.ts";
import { createHttpBody, headerOf, sizeOf } from "./http-body.ts";
import { createHttpFetcher, parseUrl, publicName, type HttpFetchOptions } from "./http-fetch.ts";
import { createIcyFilter } from "./icy-metadata.ts";
import { VoiceSourceError } from "./source-error.ts";

/** How an address is fetched. */
export interface HttpBytesOptions extends HttpFetchOptions {
  /** The largest size that is begun where the server tells the size, and read where it does not; a radio station may go on for ever. */
  readonly maximumBytes: number;
  /** Told the title of each piece that a radio station announces, when its bytes are read. */
  readonly onStreamTitle?: ((title: string) => void) | undefined;
}

/** The body of a response. */
export interface HttpBytes extends ByteSource {
  /** Whether it looks endless: no size, and no way to ask for a part. */
  readonly isLive: boolean;
  /** What a radio station calls itself. */
  readonly stationName: string | undefined;
}

/**
 * Begins to fetch an address; no more is read than is asked for. It can be read from anywhere if the server tells the size and gives
 * parts.
 *
 * @throws VoiceSourceError SOURCE_INVALID_URL, SOURCE_ADDRESS_REFUSED, SOURCE_UNREACHABLE, SOURCE_TIMED_OUT, SOURCE_NOT_FOUND,
 *   SOURCE_HTTP_STATUS, SOURCE_TOO_MANY_REDIRECTS, SOURCE_TOO_LARGE
 */
export async function openHttpBytes(address: string | URL, options: HttpBytesOptions): Promise<HttpBytes> {
  const fetcher = createHttpFetcher(options);
  const { maximumBytes, onStreamTitle = () => {} } = options;
  try {
    const answer = await fetcher.fetch(parseUrl(String(address)), { "icy-metadata": "1" }, [200]);
    const { headers } = answer.response;
    const titleIntervalBytes = sizeOf(headers, "icy-metaint") ?? 0;
    // No length counts the titles in between.
    const sizeBytes = titleIntervalBytes > 0 ? null : sizeOf(headers, "content-length");
    const name = publicName(answer.url);
    if (sizeBytes !== null && sizeBytes > maximumBytes) {
      const text = `${name} has ${sizeBytes} bytes; ${maximumBytes} are allowed.`;
      throw new VoiceSourceError("SOURCE_TOO_LARGE", text);
    }
    const isStation = sizeBytes === null && Object.keys(headers).some((header) => header.startsWith("icy-"));
    const hasParts = headerOf(headers, "accept-ranges") === "bytes";
    const limitBytes = isStation ? Number.POSITIVE_INFINITY : maximumBytes;
    const body = createHttpBody({ fetcher, answer, sizeBytes, maximumBytes: limitBytes });
    const icy = titleIntervalBytes > 0 ? createIcyFilter(titleIntervalBytes, onStreamTitle) : undefined;
    return {
      name,
      sizeBytes,
      isLive: sizeBytes === null && !hasParts,
      stationName: headerOf(headers, "icy-name"),
      async read() {
        for (let piece = await body.read(); piece !== null; piece = await body.read()) {
          const audio = icy === undefined ? piece : icy.audioOf(piece);
          if (audio.length > 0) return audio;
        }
        return null;
      },
      ...(hasParts && sizeBytes !== null ? { seek: body.seek } : {}),
      close: () => fetcher.close(),
    };
  } catch (error) {
    await fetcher.close();
    throw error;
  }
}
