import type { RestFile } from "./rest-transport.ts";

/**
 * Gives all of a file's content at once, for transports that cannot stream it.
 *
 * @throws RangeError when it has more than `limitBytes`; or what the stream throws
 */
export async function readFileContent({ name, data }: RestFile, limitBytes: number): Promise<Blob> {
  if (typeof data === "string") return new Blob([data]);
  if (data instanceof Blob) return data;
  if (data instanceof Uint8Array) return new Blob([new Uint8Array(data)]);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  for await (const chunk of typeof data === "function" ? data() : data) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limitBytes)
      throw new RangeError(`The file ${JSON.stringify(name)} has more than ${limitBytes} bytes.`);
    chunks.push(new Uint8Array(chunk));
  }
  return new Blob(chunks);
}
