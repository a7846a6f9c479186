/** What a client does after the gateway closed: keep the session, start a new one, or give up. */
export type GatewayCloseAction = "resume" | "identify" | "fail";

/** One row of the gateway's close codes. */
export interface GatewayCloseCode {
  readonly code: number;
  readonly name: string;
  readonly action: GatewayCloseAction;
  /** What it means, as a sentence for a log or an error. */
  readonly meaning: string;
  /** Whether only a defect of the client's own can lead to it, which is worth a report. */
  readonly isOwnDefect: boolean;
}

const rows: readonly (readonly [number, string, GatewayCloseAction, string])[] = [
  [4000, "UNKNOWN_ERROR", "resume", "Discord is not sure what went wrong."],
  [4001, "UNKNOWN_OPCODE", "resume", "The client sent an opcode or payload that Discord does not know."],
  [4002, "DECODE_ERROR", "resume", "The client sent a payload that Discord could not decode, or one over 4,096 bytes."],
  [4003, "NOT_AUTHENTICATED", "identify", "The client sent a payload before it identified."],
  [4004, "AUTHENTICATION_FAILED", "fail", "The bot token is wrong. Check it in the developer portal."],
  [4005, "ALREADY_AUTHENTICATED", "resume", "The client identified twice."],
  [4007, "INVALID_SEQUENCE", "identify", "The sequence number of the resume was wrong."],
  [4008, "RATE_LIMITED", "resume", "The client sent payloads too fast."],
  [4009, "SESSION_TIMED_OUT", "identify", "The session timed out."],
  [4010, "INVALID_SHARD", "fail", "The shard id or count was wrong."],
  [4011, "SHARDING_REQUIRED", "fail", "The bot is in too many guilds for one shard. Use more shards."],
  [4012, "INVALID_API_VERSION", "fail", "The gateway version is wrong."],
  [4013, "INVALID_INTENTS", "fail", "The intents are not a valid bit field."],
  [4014, "DISALLOWED_INTENTS", "fail", "An intent is not enabled for this bot. Enable it in the developer portal."],
];

/** What a client that keeps to the documentation never brings about. */
const OWN_DEFECTS: ReadonlySet<number> = new Set([4001, 4002, 4003, 4005]);

/** The documented close codes of the main gateway, by number. @see [Discord Docs/Gateway Close Event Codes] */
export const gatewayCloseCodes: ReadonlyMap<number, GatewayCloseCode> = new Map(
  rows.map(([code, name, action, meaning]) => [
    code,
    { code, name, action, meaning, isOwnDefect: OWN_DEFECTS.has(code) },
  ]),
);

/** What to do after a close: undocumented codes and lost sockets resume; 1000 and 1001 end the session, so they identify. */
export function gatewayCloseAction(code: number): GatewayCloseAction {
  if (code === 1000 || code === 1001) return "identify";
  return gatewayCloseCodes.get(code)?.action ?? "resume";
}
