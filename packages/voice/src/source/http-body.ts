import { publicName, type HttpAnswer, type HttpFetcher } from "./http-fetch.ts";
import { VoiceSourceError } from "./source-error.ts";

/** What an {@link HttpBody} is built from. */
export interface HttpBodyOptions {
  readonly fetcher: HttpFetcher;
  /** The answer with the whole body. */
  readonly answer: HttpAnswer;
  /** The size in bytes; null when the server does not tell it. */
  readonly sizeBytes: number | null;
  /** How much is read at most, in bytes. */
  readonly maximumBytes: number;
}

/** The bytes of a body, in order or from anywhere. */
export interface HttpBody {
  /** The next piece; null at the end. */
  read(): Promise<Uint8Array | null>;
  /** Continues from this offset; the size must be known. */
  seek(offsetBytes: number): void;
}

/** A jump forward of so many bytes is quicker read than asked for. */
const READ_THROUGH_BYTES = 256 * 1024;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a header. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}

/** A header that is a size; null where it is none. */
export function sizeOf(headers: Headers, name: string): number | null {
  const size = Number(headerOf(headers, name) ?? Number.NaN);
  return Number.isSafeInteger(size) && size >= 0 ? size : null;
}

/** Where the body of an answer to a request for a part begins; throws when it is of another file than before. */
function partStart({ url, response }: HttpAnswer, sizeBytes: number | null): number {
  const { statusCode, headers } = response;
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headerOf(headers, "content-range") ?? "") ?? [];
  // A server may ignore the wish and send everything, also because the file is another now.
  const isPart = statusCode === 206;
  if ((isPart ? Number(total) : sizeOf(headers, "content-length")) === sizeBytes) return isPart ? Number(start) : 0;
  const text = `${publicName(url)} is another file than when it was opened. Try again.`;
  throw new VoiceSourceError("SOURCE_UNREACHABLE", text, { retryable: true });
}

/** Lets a server give a part of the same file only; weak tags do not say so much. */
function ifRangeOf(headers: Headers): Readonly<Record<string, string>> {
  const etag = headerOf(headers, "etag");
  return etag === undefined || etag.startsWith("W/") ? {} : { "if-range": etag };
}

/** Builds an {@link HttpBody}. */
export function createHttpBody({ fetcher, answer, sizeBytes, maximumBytes }: HttpBodyOptions): HttpBody {
  const { url } = answer;
  const ifRange = ifRangeOf(answer.response.headers);
  let { body } = answer.response;
  let pieces = body[Symbol.asyncIterator]();
  /** Where the next piece begins, and where the next read shall. */
  let atBytes = 0;
  let wantedBytes = 0;

  const nextPiece = async (): Promise<Uint8Array | null> => {
    const piece = await pieces.next().catch((error: unknown) => {
      throw fetcher.toTransferError(url, error);
    });
    if (piece.done === true) return null;
    const bytes = piece.value as Uint8Array;
    atBytes += bytes.length;
    if (atBytes <= maximumBytes) return bytes;
    const text = `${publicName(url)} goes on after ${maximumBytes} bytes, the most that are allowed.`;
    throw new VoiceSourceError("SOURCE_TOO_LARGE", text);
  };
  const openPart = async () => {
    // That the rest of it does not come is no news.
    body.on("error", () => {}).destroy();
    const part = await fetcher.fetch(url, { ...ifRange, range: `bytes=${wantedBytes}-` }, [200, 206]);
    ({ body } = part.response);
    pieces = body[Symbol.asyncIterator]();
    atBytes = partStart(part, sizeBytes);
  };
  /** The first piece at the wanted place: of this body where that is near, of another where it is not. */
  const pieceThere = async (): Promise<Uint8Array | null> => {
    if (sizeBytes !== null && wantedBytes >= sizeBytes) return null;
    if (wantedBytes < atBytes || wantedBytes - atBytes > READ_THROUGH_BYTES) await openPart();
    for (let piece = await nextPiece(); piece !== null; piece = await nextPiece()) {
      if (atBytes > wantedBytes) return piece.subarray(piece.length - (atBytes - wantedBytes));
    }
    return null;
  };
  return {
    async read() {
      const piece = await (wantedBytes === atBytes ? nextPiece() : pieceThere());
      if (piece !== null) wantedBytes = atBytes;
      return piece;
    },
    seek(offsetBytes) {
      wantedBytes = offsetBytes;
    },
  };
}
