import { AntiphonError, type AntiphonErrorOptions } from "@antiphon/std";
import { gatewayCloseAction, gatewayCloseCodes, type GatewayInfo } from "@antiphon/protocol/discord";

/** What can go wrong in this package. */
export type GatewayErrorCode =
  | "GATEWAY_AUTHENTICATION_FAILED"
  | "GATEWAY_CLOSED"
  | "GATEWAY_DISALLOWED_INTENTS"
  | "GATEWAY_DISCONNECTED"
  | "GATEWAY_INFO_UNAVAILABLE"
  | "GATEWAY_INVALID_API_VERSION"
  | "GATEWAY_INVALID_INTENTS"
  | "GATEWAY_INVALID_OPTIONS"
  | "GATEWAY_INVALID_SHARD"
  | "GATEWAY_MEMBERS_TIMED_OUT"
  | "GATEWAY_PAYLOAD_TOO_LARGE"
  | "GATEWAY_SEND_QUEUE_FULL"
  | "GATEWAY_SESSION_LIMIT_REACHED"
  | "GATEWAY_SESSION_STORE_FAILED"
  | "GATEWAY_SHARDING_REQUIRED";

/** The error of this package; match on `code`. */
export class GatewayError extends AntiphonError<GatewayErrorCode> {}

interface FatalAdvice {
  readonly code: GatewayErrorCode;
  readonly advice: string;
}

const fatalAdvice: Readonly<Record<number, FatalAdvice>> = {
  4004: {
    code: "GATEWAY_AUTHENTICATION_FAILED",
    advice: "Copy a fresh token from the developer portal (your application, Bot, Reset Token).",
  },
  4010: { code: "GATEWAY_INVALID_SHARD", advice: "Leave shardCount and shardIds out, or correct them." },
  4011: { code: "GATEWAY_SHARDING_REQUIRED", advice: "Leave shardCount out, so that Discord chooses it, or raise it." },
  4012: { code: "GATEWAY_INVALID_API_VERSION", advice: "Update @antiphon/gateway." },
  4013: { code: "GATEWAY_INVALID_INTENTS", advice: "Pass a sum of the documented intent bits." },
  4014: {
    code: "GATEWAY_DISALLOWED_INTENTS",
    advice:
      "Switch the privileged intents on in the developer portal (your application, Bot, Privileged Gateway Intents), or do not ask for them.",
  },
};

/** The intents that an application must have been granted. @see [Discord Docs/Gateway, "Privileged Intents"] */
const privilegedIntents: readonly (readonly [bit: number, name: string])[] = [
  [1 << 1, "GUILD_MEMBERS"],
  [1 << 8, "GUILD_PRESENCES"],
  [1 << 15, "MESSAGE_CONTENT"],
];

function privilegedAmong(intents: number): readonly string[] {
  return privilegedIntents.filter(([bit]) => (intents & bit) !== 0).map(([, name]) => name);
}

/** What was asked for, where that is what Discord refused. */
function askedFor(closeCode: number, intents: number, shardId: number, shardCount: number): string {
  if (closeCode === 4010 || closeCode === 4011) return ` Asked for: shard ${shardId} of ${shardCount}.`;
  if (closeCode === 4013) return ` Asked for: ${intents} (bits ${intents.toString(2)}).`;
  if (closeCode === 4014) return ` Privileged among those asked for: ${privilegedAmong(intents).join(", ") || "none"}.`;
  return "";
}

/** The error for a close code after which connecting again is pointless. */
export function fatalCloseError(shardId: number, shardCount: number, closeCode: number, intents: number): GatewayError {
  const { code, advice } = fatalAdvice[closeCode] ?? {
    code: "GATEWAY_CLOSED" as const,
    advice: "See Discord's page on gateway close codes.",
  };
  const meaning = gatewayCloseCodes.get(closeCode)?.meaning ?? "Discord did not say why.";
  const details = {
    shardId,
    shardCount,
    closeCode,
    intents,
    ...(closeCode === 4014 && { privilegedIntents: privilegedAmong(intents) }),
  };
  const options: AntiphonErrorOptions = { severity: "critical", details };
  const asked = askedFor(closeCode, intents, shardId, shardCount);
  return new GatewayError(
    code,
    `Discord closed shard ${shardId} with ${closeCode}: ${meaning}${asked} ${advice}`,
    options,
  );
}

/** What is known of a connection that ended by itself. */
export function disconnectedError(shardId: number, closeCode: number, reason: string | undefined): GatewayError {
  const row = gatewayCloseCodes.get(closeCode);
  const action = gatewayCloseAction(closeCode);
  const isOwnDefect = row?.isOwnDefect === true;
  const next = { resume: "the session is resumed", identify: "a new session follows", fail: "it stays closed" }[action];
  const report = isOwnDefect ? " This is a defect of @antiphon/gateway; please report it." : "";
  const why = row?.meaning ?? reason ?? "Discord did not say why.";
  return new GatewayError(
    "GATEWAY_DISCONNECTED",
    `Shard ${shardId} lost its connection with ${closeCode}: ${why} Next: ${next}.${report}`,
    {
      retryable: action !== "fail",
      severity: isOwnDefect ? "error" : "warning",
      details: { shardId, closeCode, reason, isResumable: action === "resume", isOwnDefect },
    },
  );
}

/** The error for starting more sessions than Discord allows for today. */
export function sessionLimitError(
  operation: string,
  identifies: number,
  limit: GatewayInfo["session_start_limit"],
): GatewayError {
  return new GatewayError(
    "GATEWAY_SESSION_LIMIT_REACHED",
    `${operation}: ${identifies} shards want to identify but Discord allows ${limit.remaining} more of ${limit.total}; the limit resets in ${Math.ceil(limit.reset_after / 60_000)} minutes.`,
    { retryable: true, details: { identifies, remaining: limit.remaining, resetAfterMs: limit.reset_after } },
  );
}
