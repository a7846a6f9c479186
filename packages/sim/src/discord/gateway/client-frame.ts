/** A decoded frame of a client. */
export interface ClientFrame {
  readonly op: number;
  readonly d: unknown;
}

/** Reads a frame; undefined when it is none. */
export function decodeFrame(text: string): ClientFrame | undefined {
  try {
    const frame = JSON.parse(text) as Partial<ClientFrame> | null;
    return typeof frame?.op === "number" ? { op: frame.op, d: frame.d } : undefined;
  } catch {
    return undefined; // Whatever is not JSON is closed with 4002 by the caller.
  }
}
