/** What a client says, one operation at a time. */
export type ClientOperation =
  | { readonly type: "connect"; readonly options: Readonly<Record<string, unknown>> }
  | { readonly type: "ping" }
  | { readonly type: "pong" }
  | { readonly type: "sub"; readonly subject: string; readonly queue: string | undefined; readonly sid: string }
  | { readonly type: "unsub"; readonly sid: string; readonly maximum: number | undefined }
  | {
      readonly type: "pub";
      readonly subject: string;
      readonly reply: string | undefined;
      /** The bytes of the headers, `NATS/1.0` and all; undefined for a message without. */
      readonly headers: Buffer | undefined;
      readonly payload: Buffer;
    }
  /** What is not of the protocol; the server says so and hangs up. */
  | { readonly type: "violation"; readonly reason: string };

/** Cuts a stream of bytes into operations. */
export interface ProtocolParser {
  push(chunk: Buffer): readonly ClientOperation[];
}

/** As NATS' own server has it. */
const MAXIMUM_CONTROL_LINE_BYTES = 4_096;
const CRLF = "\r\n";

/**
 * Builds a {@link ProtocolParser}; a message may come in any number of pieces.
 *
 * @see "NATS Client Protocol", docs.nats.io
 */
export function createProtocolParser(maximumPayloadBytes: number): ProtocolParser {
  let rest: Buffer = Buffer.alloc(0);
  let broken = false;

  const next = (): ClientOperation | undefined => {
    const end = rest.indexOf(CRLF);
    if (end > MAXIMUM_CONTROL_LINE_BYTES || (end < 0 && rest.length > MAXIMUM_CONTROL_LINE_BYTES))
      return { type: "violation", reason: "Maximum Control Line Exceeded" };
    if (end < 0) return undefined;
    const line = rest.toString("utf8", 0, end);
    const [verb = "", ...words] = line.split(/[ \t]+/);
    const kind = verb.toUpperCase();
    if (kind === "PUB" || kind === "HPUB") return message(kind, words, end + CRLF.length);
    rest = rest.subarray(end + CRLF.length);
    return control(kind, words, line);
  };

  const message = (kind: string, words: string[], bodyStart: number): ClientOperation | undefined => {
    const numbers = words.splice(kind === "PUB" ? -1 : -2).map(Number);
    const [subject = "", reply] = words;
    const total = numbers.at(-1) ?? Number.NaN;
    const headerBytes = kind === "PUB" ? 0 : (numbers[0] ?? Number.NaN);
    const isWhole =
      Number.isInteger(total) && Number.isInteger(headerBytes) && headerBytes >= 0 && headerBytes <= total;
    if (!isWhole || words.length < 1 || words.length > 2) return { type: "violation", reason: "Parser Error" };
    if (total > maximumPayloadBytes) return { type: "violation", reason: "Maximum Payload Violation" };
    const bodyEnd = bodyStart + total;
    if (rest.length < bodyEnd + CRLF.length) return undefined;
    if (rest.toString("latin1", bodyEnd, bodyEnd + CRLF.length) !== CRLF)
      return { type: "violation", reason: "Parser Error" };
    const headers = kind === "PUB" ? undefined : rest.subarray(bodyStart, bodyStart + headerBytes);
    const payload = rest.subarray(bodyStart + headerBytes, bodyEnd);
    rest = rest.subarray(bodyEnd + CRLF.length);
    return { type: "pub", subject, reply, headers, payload };
  };

  return {
    push(chunk) {
      const operations: ClientOperation[] = [];
      if (broken) return operations;
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let operation = next(); operation !== undefined; operation = next()) {
        operations.push(operation);
        if (operation.type !== "violation") continue;
        broken = true;
        break;
      }
      return operations;
    },
  };
}

function control(kind: string, words: readonly string[], line: string): ClientOperation {
  if (kind === "PING") return { type: "ping" };
  if (kind === "PONG") return { type: "pong" };
  if (kind === "CONNECT") return connect(line.slice(kind.length));
  if (kind === "SUB" && (words.length === 2 || words.length === 3)) {
    const [subject = "", queue] = words;
    return { type: "sub", subject, queue: words.length === 3 ? queue : undefined, sid: words.at(-1) ?? "" };
  }
  if (kind === "UNSUB" && (words.length === 1 || words.length === 2)) {
    const [sid = "", maximum] = words;
    return { type: "unsub", sid, maximum: maximum === undefined ? undefined : Number(maximum) };
  }
  return { type: "violation", reason: "Unknown Protocol Operation" };
}

function connect(json: string): ClientOperation {
  try {
    const options: unknown = JSON.parse(json);
    if (typeof options === "object" && options !== null) return { type: "connect", options: { ...options } };
  } catch {
    // Said below.
  }
  return { type: "violation", reason: "Parser Error" };
}
