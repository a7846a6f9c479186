import { GatewayOpcode } from "./opcode.ts";

/** An op 0 frame: something happened. */
export interface DispatchFrame {
  readonly kind: "dispatch";
  /** The event's name on the wire: `MESSAGE_CREATE`. */
  readonly type: string;
  /** The payload, unchecked. */
  readonly data: unknown;
  /** The sequence number within the session; null when the frame had none. */
  readonly sequence: number | null;
}

/** A frame of the main gateway, as a client receives it. */
export type GatewayFrame =
  | DispatchFrame
  /** Op 10, the first frame of each connection. */
  | { readonly kind: "hello"; readonly heartbeatIntervalMs: number }
  /** Op 1: the server asks for a heartbeat now. */
  | { readonly kind: "heartbeat" }
  /** Op 11. */
  | { readonly kind: "heartbeatAck" }
  /** Op 7: connect again and resume. */
  | { readonly kind: "reconnect" }
  /** Op 9: the session is gone, or may be resumed. */
  | { readonly kind: "invalidSession"; readonly resumable: boolean }
  /** An opcode that this version does not know; to be ignored. */
  | { readonly kind: "unknown"; readonly op: number }
  /** Not a gateway frame at all. */
  | { readonly kind: "malformed"; readonly problem: string };

const simpleFrames = {
  heartbeat: { kind: "heartbeat" },
  heartbeatAck: { kind: "heartbeatAck" },
  reconnect: { kind: "reconnect" },
} as const satisfies Record<string, GatewayFrame>;

const malformed = (problem: string): GatewayFrame => ({ kind: "malformed", problem });

function decodeDispatch(frame: Record<string, unknown>): GatewayFrame {
  const { t: type, s: sequence, d: data } = frame;
  if (typeof type !== "string") return malformed("op 0 without a name");
  if (sequence === null || sequence === undefined) return { kind: "dispatch", type, data, sequence: null };
  if (!Number.isSafeInteger(sequence) || (sequence as number) < 0) return malformed(`op 0 ${type} with a bad sequence`);
  return { kind: "dispatch", type, data, sequence: sequence as number };
}

function decodeHello(data: unknown): GatewayFrame {
  const intervalMs = (data as { heartbeat_interval?: unknown } | null | undefined)?.heartbeat_interval;
  // setTimeout's own limit bounds what a hostile or broken server can ask for.
  if (typeof intervalMs !== "number" || !(intervalMs > 0 && intervalMs <= 0x7fff_ffff)) {
    return malformed("op 10 without a usable heartbeat_interval");
  }
  return { kind: "hello", heartbeatIntervalMs: intervalMs };
}

/**
 * Decodes what `JSON.parse` made of one gateway message; never throws. Checked by hand because it runs for every event of a
 * bot; payloads are left to their readers.
 *
 * @see [Discord Docs/Gateway Events, "Payload Structure"]
 */
export function decodeGatewayFrame(value: unknown): GatewayFrame {
  if (typeof value !== "object" || value === null) return malformed("not an object");
  const frame = value as Record<string, unknown>;
  switch (frame["op"]) {
    case GatewayOpcode.Dispatch:
      return decodeDispatch(frame);
    case GatewayOpcode.Heartbeat:
      return simpleFrames.heartbeat;
    case GatewayOpcode.HeartbeatAck:
      return simpleFrames.heartbeatAck;
    case GatewayOpcode.Reconnect:
      return simpleFrames.reconnect;
    case GatewayOpcode.InvalidSession:
      return { kind: "invalidSession", resumable: frame["d"] === true };
    case GatewayOpcode.Hello:
      return decodeHello(frame["d"]);
    default:
      return typeof frame["op"] === "number" ? { kind: "unknown", op: frame["op"] } : malformed("no opcode");
  }
}
