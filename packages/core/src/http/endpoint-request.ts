/** A request of any kind of server. */
export interface EndpointRequest {
  readonly method: string | undefined;
  /** A header by its lowercase name. */
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/** Reads a body to its end, or gives undefined as soon as it proves longer than `limitBytes`. */
export async function readBody(request: EndpointRequest, limitBytes: number): Promise<Uint8Array | undefined> {
  if (Number(request.header("content-length") ?? 0) > limitBytes) return undefined;
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > limitBytes) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts, sizeBytes);
}
