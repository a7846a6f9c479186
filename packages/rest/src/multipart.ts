import { randomUUID } from "node:crypto";
import type { RestFile } from "@antiphon/protocol/discord";
import { createStreamedBody, type StreamedBody } from "./streamed-body.ts";

/** A multipart body with its header. */
export interface MultipartBody {
  readonly contentType: string;
  /** One buffer when all is there, so that a retry sends the same bytes. */
  readonly body: Buffer | StreamedBody;
}

/** Escapes a file name as browsers do. @see HTML Standard, "Multipart form data" */
function escapeName(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/**
 * Encodes form fields and files, which go into `files[0]`, `files[1]` … unless they say otherwise.
 *
 * @throws RestError REST_UPLOAD_TOO_LARGE
 * @see [Discord Docs/Reference, "Uploading Files"]
 */
export function encodeMultipart(
  fields: Readonly<Record<string, string>>,
  files: readonly RestFile[],
  uploadLimitBytes: number,
): MultipartBody {
  const boundary = `antiphon-${randomUUID()}`;
  const parts: (Uint8Array | RestFile)[] = [];
  const add = (headers: string, data: Uint8Array | RestFile) =>
    parts.push(
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`),
      data,
      Buffer.from("\r\n"),
    );
  for (const [name, value] of Object.entries(fields)) {
    const type = name === "payload_json" ? "\r\nContent-Type: application/json" : "";
    add(`name="${escapeName(name)}"${type}`, Buffer.from(value));
  }
  for (const [index, file] of files.entries()) {
    const { name, data, contentType = "application/octet-stream", field = `files[${index}]` } = file;
    const type = contentType.replaceAll(/[\r\n]/g, "");
    add(
      `name="${escapeName(field)}"; filename="${escapeName(name)}"\r\nContent-Type: ${type}`,
      typeof data === "string" ? Buffer.from(data) : data instanceof Uint8Array ? data : file,
    );
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const streamed = createStreamedBody(parts, uploadLimitBytes);
  const bytes = parts.filter((part) => part instanceof Uint8Array);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: bytes.length === parts.length ? Buffer.concat(bytes) : streamed,
  };
}
