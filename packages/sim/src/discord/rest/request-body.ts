import type { IncomingMessage } from "node:http";
import type { StoredFile } from "../world/state.ts";
import { ApiError, refuse } from "./api-error.ts";

/** The most bytes of a request and of one file. @see [Discord Docs/Reference#Uploading Files] */
const REQUEST_BYTES = 25 * 1024 * 1024;
const FILE_BYTES = 10 * 1024 * 1024;

/** A request's body, decoded. */
export interface RequestBody {
  readonly json: unknown;
  readonly files: readonly StoredFile[];
  /** What the transcript shows. */
  readonly text: string;
}

/** Reads the body of a request; throws 413 for one that is too large and 400 for one that makes no sense. */
export async function readRequestBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > REQUEST_BYTES) throw refuse("tooLarge");
    chunks.push(chunk);
  }
  return decodeBody(Buffer.concat(chunks), request.headers["content-type"] ?? "");
}

/** Decodes a JSON or multipart body; throws 400 for one that makes no sense. */
export async function decodeBody(bytes: Buffer<ArrayBuffer>, contentType: string): Promise<RequestBody> {
  if (bytes.byteLength === 0) return { json: undefined, files: [], text: "" };
  if (contentType.startsWith("multipart/form-data")) return readMultipart(bytes, contentType);
  const text = bytes.toString("utf8");
  if (!contentType.startsWith("application/json")) {
    const message = "Expected \"Content-Type\" header to be one of {'application/json', 'multipart/form-data'}.";
    throw new ApiError(400, 50035, "Invalid Form Body", { _errors: [{ code: "CONTENT_TYPE_INVALID", message }] });
  }
  return { json: parseJson(text), files: [], text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse("invalidJson");
  }
}

async function readMultipart(bytes: Buffer<ArrayBuffer>, contentType: string): Promise<RequestBody> {
  const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData().catch(() => {
    throw refuse("badRequest");
  });
  const files: StoredFile[] = [];
  for (const [name, value] of form) {
    if (typeof value === "string" || !/^(files\[\d+\]|file\d*)$/.test(name)) continue;
    if (value.size > FILE_BYTES) throw refuse("tooLarge");
    const data = new Uint8Array(await value.arrayBuffer());
    files.push({ name: value.name, contentType: value.type === "" ? "application/octet-stream" : value.type, data });
  }
  const payload = form.get("payload_json");
  const text = typeof payload === "string" ? payload : "{}";
  return { json: parseJson(text), files, text };
}
