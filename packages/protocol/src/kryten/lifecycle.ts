import { z } from "zod";
import { KrytenError } from "./error.ts";
import { decodeJsonBytes, encodeJsonBytes } from "./json-bytes.ts";
import { formatKrytenTimestamp } from "./timestamp.ts";

/** What a service says of itself at startup, with each heartbeat, and at shutdown, as it is on the wire. */
export const startupEventSchema = z.looseObject({
  service: z.string().min(1),
  version: z.string(),
  hostname: z.string(),
  timestamp: z.string(),
  uptime_seconds: z.number(),
  /** Tells instances of one service apart; kryten's own services send none. */
  instance_id: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  /** Of a shutdown or a disconnection. */
  reason: z.string().optional(),
});

/** See {@link startupEventSchema}. */
export type LifecycleMessage = z.infer<typeof startupEventSchema>;

/** What a request to restart all services says, as it is on the wire. */
export const groupRestartSchema = z.looseObject({
  initiator: z.string().default("unknown"),
  reason: z.string().default(""),
  delay_seconds: z.number().min(0).max(300).default(5),
});

/** See {@link groupRestartSchema}. */
export type GroupRestart = z.infer<typeof groupRestartSchema>;

/** What {@link encodeLifecycle} needs. */
export interface OutgoingLifecycle {
  readonly service: string;
  readonly version: string;
  readonly hostname: string;
  /** Left out by kryten's own services. */
  readonly instanceId: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly sentAtMs: number;
  readonly uptimeMs: number;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** What only some events have, such as `reason`; comes last. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The bytes of a lifecycle event, its keys in the order of kryten-py. */
export function encodeLifecycle(event: OutgoingLifecycle): Uint8Array {
  const { service, version, hostname, instanceId, sentAtMs, uptimeMs, metadata, extra } = event;
  return encodeJsonBytes({
    service,
    version,
    hostname,
    timestamp: formatKrytenTimestamp(sentAtMs),
    uptime_seconds: Math.round(uptimeMs * 1000) / 1_000_000,
    ...(instanceId === undefined ? {} : { instance_id: instanceId }),
    ...(metadata === undefined ? {} : { metadata }),
    ...extra,
  });
}

/**
 * Reads a lifecycle event.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID when the bytes are none
 */
export function decodeLifecycle(data: Uint8Array): LifecycleMessage {
  const read = startupEventSchema.safeParse(decodeJsonBytes(data));
  if (read.success) return read.data;
  throw new KrytenError("KRYTEN_MESSAGE_INVALID", `This is no lifecycle event: ${z.prettifyError(read.error)}`);
}

/**
 * Reads a request to restart all services.
 *
 * @throws KrytenError KRYTEN_MESSAGE_INVALID when the bytes are none
 */
export function decodeGroupRestart(data: Uint8Array): GroupRestart {
  const read = groupRestartSchema.safeParse(decodeJsonBytes(data));
  if (read.success) return read.data;
  throw new KrytenError("KRYTEN_MESSAGE_INVALID", `This is no restart request: ${z.prettifyError(read.error)}`);
}

/** The bytes of a request to restart all services. */
export function encodeGroupRestart(restart: {
  readonly initiator: string;
  readonly reason: string;
  readonly delaySeconds: number;
  /** Milliseconds since the Unix epoch. */
  readonly sentAtMs: number;
}): Uint8Array {
  const { initiator, reason, delaySeconds, sentAtMs } = restart;
  return encodeJsonBytes({
    initiator,
    reason,
    delay_seconds: delaySeconds,
    timestamp: formatKrytenTimestamp(sentAtMs),
  });
}
