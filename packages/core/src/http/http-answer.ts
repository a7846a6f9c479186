import { readFileContent, type RestFile } from "@antiphon/protocol/discord";

/** What a request is answered with, and who wants to know how that went. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Told once whether the body went out. */
  readonly onSent?: ((sent: boolean) => void) | undefined;
}

/** The most bytes of a file in an answer; Discord takes fewer. */
const FILE_LIMIT_BYTES = 100 * 1024 * 1024;

const NOTHING = new Uint8Array();

/** An answer without a body. */
export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-length": "0", ...headers }, body: NOTHING };
}

/** JSON, or multipart with the JSON as `payload_json` where there are files. @see [Discord Docs/Uploading Files] */
export async function jsonAnswer(json: unknown, files: readonly RestFile[] = []): Promise<HttpAnswer> {
  const { body, contentType } = files.length === 0 ? jsonBody(json) : await multipartBody(json, files);
  return { status: 200, headers: { "content-type": contentType, "content-length": String(body.byteLength) }, body };
}

function jsonBody(json: unknown) {
  return { body: new TextEncoder().encode(JSON.stringify(json)), contentType: "application/json" };
}

async function multipartBody(json: unknown, files: readonly RestFile[]) {
  const form = new FormData();
  form.set("payload_json", JSON.stringify(json));
  for (const [index, file] of files.entries()) {
    const { name, contentType = "application/octet-stream", field = `files[${index}]` } = file;
    const content = await readFileContent(file, FILE_LIMIT_BYTES);
    form.set(field, new Blob([content], { type: contentType }), name);
  }
  const encoded = new Response(form);
  return {
    body: new Uint8Array(await encoded.arrayBuffer()),
    contentType: encoded.headers.get("content-type") ?? "multipart/form-data",
  };
}

/** The answer for servers that speak in `Response`; the body counts as sent when it was read to its end. */
export function toResponse({ status, headers, body, onSent }: HttpAnswer): Response {
  if (body.byteLength === 0) {
    onSent?.(true);
    return new Response(null, { status, headers });
  }
  let read = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!read) controller.enqueue(body);
        else {
          controller.close();
          onSent?.(true);
        }
        read = true;
      },
      cancel: () => onSent?.(false),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status, headers });
}
