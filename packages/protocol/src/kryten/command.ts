import { z } from "zod";
import { KrytenError } from "./error.ts";
import { decodeJsonBytes, encodeJsonBytes } from "./json-bytes.ts";
import { formatKrytenTimestamp } from "./timestamp.ts";

const metaSchema = z.looseObject({
  source: z.string().optional(),
  timestamp: z.string().optional(),
  domain: z.string().optional(),
  channel: z.string().optional(),
  request_id: z.string().optional(),
});

/** A command to a service, as it is on the wire since kryten-py 0.10.4. Requests for state have further fields beside `command`. */
export const krytenCommandSchema = z.looseObject({
  command: z.string().min(1),
  service: z.string().optional(),
  args: z.record(z.string(), z.unknown()).optional(),
  payload: z.record(z.string(), z.unknown()).optional(),
  meta: metaSchema.optional(),
});

/** A command to a channel, as it was on the wire before kryten-py 0.10.4. */
export const legacyKrytenCommandSchema = z.looseObject({
  action: z.string().min(1).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  correlation_id: z.string().optional(),
});

/** A command in either dialect. */
export interface KrytenCommand {
  readonly dialect: "current" | "legacy";
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Which service is meant, when the message says so. */
  readonly service: string | undefined;
  readonly source: string | undefined;
  readonly channel: string | undefined;
  readonly domain: string | undefined;
  /** The sender's id of the command; undefined when it gave none. */
  readonly requestId: string | undefined;
}

/**
 * Reads a command from `kryten.{service}.command`.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID when the bytes are no command
 */
export function decodeKrytenCommand(data: Uint8Array): KrytenCommand {
  const read = krytenCommandSchema.safeParse(decodeJsonBytes(data));
  if (!read.success) throw invalid(read.error);
  // Requests for state put their arguments at the top, and those for the playlist in `payload`.
  const { command, service, args, meta, payload, ...top } = read.data;
  return {
    dialect: "current",
    command,
    args: { ...top, ...payload, ...args },
    service,
    source: meta?.source,
    channel: meta?.channel,
    domain: meta?.domain,
    requestId: meta?.request_id,
  };
}

/**
 * Reads a command from `kryten.commands.cytube.{channel}.{action}`; the subject has the last word on where it goes.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID when the subject or the bytes are no command
 */
export function decodeLegacyKrytenCommand(subject: string, data: Uint8Array): KrytenCommand {
  const [kryten, commands, cytube, channel, ...action] = subject.split(".");
  if (
    kryten !== "kryten" ||
    commands !== "commands" ||
    cytube !== "cytube" ||
    channel === undefined ||
    action.length === 0
  ) {
    throw new KrytenError("KRYTEN_MESSAGE_INVALID", `${subject} is no command subject of the old dialect.`);
  }
  const read = legacyKrytenCommandSchema.safeParse(decodeJsonBytes(data));
  if (!read.success) throw invalid(read.error);
  return {
    dialect: "legacy",
    // The subject has lost the case of camelCase actions, so the body's spelling is the better one.
    command: read.data.action ?? action.join("."),
    args: read.data.data ?? {},
    service: undefined,
    source: undefined,
    channel,
    domain: undefined,
    requestId: read.data.correlation_id,
  };
}

function invalid(error: z.ZodError): KrytenError {
  return new KrytenError("KRYTEN_MESSAGE_INVALID", `This is no command: ${z.prettifyError(error)}`);
}

/** What {@link encodeKrytenCommand} needs. */
export interface OutgoingKrytenCommand {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The sender's name. */
  readonly source: string;
  readonly domain: string;
  readonly channel: string;
  readonly requestId: string;
  /** Milliseconds since the Unix epoch. */
  readonly sentAtMs: number;
}

/** The bytes of a command in the current dialect, its keys in the order of kryten-py. */
export function encodeKrytenCommand(command: OutgoingKrytenCommand): Uint8Array {
  const { command: name, args, source, domain, channel, requestId, sentAtMs } = command;
  const meta = { source, timestamp: formatKrytenTimestamp(sentAtMs), domain, channel, request_id: requestId };
  return encodeJsonBytes({ command: name, args, meta });
}

/** The bytes of a command in the dialect before kryten-py 0.10.4. */
export function encodeLegacyKrytenCommand(command: OutgoingKrytenCommand): Uint8Array {
  const { command: action, args, requestId, sentAtMs } = command;
  return encodeJsonBytes({
    action,
    data: args,
    correlation_id: requestId,
    timestamp: formatKrytenTimestamp(sentAtMs),
  });
}
