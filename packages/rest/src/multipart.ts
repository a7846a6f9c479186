import { randomUUID } from "node:crypto";
import type { RestFile } from "@antiphon/protocol/discord";

/** A multipart body with its header. */
export interface MultipartBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Escapes a file name as browsers do. @see HTML Standard, "Multipart form data" */
function escapeName(name: string): string {
  return name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/**
 * Encodes files as `files[0]`, `files[1]` … beside the JSON in `payload_json`. One buffer, so that a retry sends the same bytes.
 *
 * @see [Discord Docs/Reference, "Uploading Files"]
 */
export function encodeMultipart(json: string | undefined, files: readonly RestFile[]): MultipartBody {
  const boundary = `antiphon-${randomUUID()}`;
  const parts: Uint8Array[] = [];
  const add = (headers: string, data: Uint8Array | string) => {
    parts.push(Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`));
    parts.push(typeof data === "string" ? Buffer.from(data) : data, Buffer.from("\r\n"));
  };
  if (json !== undefined) {
    add('Content-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json', json);
  }
  files.forEach(({ name, data, contentType = "application/octet-stream" }, index) => {
    const type = contentType.replaceAll(/[\r\n]/g, "");
    add(
      `Content-Disposition: form-data; name="files[${index}]"; filename="${escapeName(name)}"\r\nContent-Type: ${type}`,
      data,
    );
  });
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.concat(parts) };
}
