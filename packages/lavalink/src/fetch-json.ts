import { describeError } from "@antiphon/std";
import { LavalinkError, type LavalinkErrorCode } from "./error.ts";

/** What {@link fetchJson} takes. */
export interface FetchJsonOptions {
  /** Whom to blame, by name. */
  readonly service: string;
  /** The code of every failure. */
  readonly code: LavalinkErrorCode;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const RESPONSE_LIMIT_BYTES = 1 << 20;

/** Asks a web service for JSON of at most 1 MiB. The address is in no message: it may hold a key. */
export async function fetchJson(url: URL, options: FetchJsonOptions): Promise<unknown> {
  const { service, code, timeoutMs, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      redirect: "error",
    });
    const text = await readText(response, options);
    if (response.ok) return JSON.parse(text) as unknown;
    throw new LavalinkError(code, `${service} answered ${response.status}.`, {
      retryable: response.status === 429 || response.status >= 500,
      details: { status: response.status },
    });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof LavalinkError) throw cause;
    throw new LavalinkError(code, `${service} could not be asked: ${describeError(cause)}`, { retryable: true, cause });
  }
}

async function readText({ body }: Response, { code, service }: FetchJsonOptions): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > RESPONSE_LIMIT_BYTES) throw new LavalinkError(code, `${service} answered with more than 1 MiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
