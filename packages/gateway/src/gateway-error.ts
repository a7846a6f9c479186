import { AntiphonError, type AntiphonErrorOptions } from "@antiphon/std";
import { gatewayCloseCodes } from "@antiphon/protocol/discord";

/** What can go wrong in this package. */
export type GatewayErrorCode =
  | "GATEWAY_AUTHENTICATION_FAILED"
  | "GATEWAY_CLOSED"
  | "GATEWAY_DISALLOWED_INTENTS"
  | "GATEWAY_INFO_UNAVAILABLE"
  | "GATEWAY_INVALID_API_VERSION"
  | "GATEWAY_INVALID_INTENTS"
  | "GATEWAY_INVALID_OPTIONS"
  | "GATEWAY_INVALID_SHARD"
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

/** The error for a close code after which connecting again is pointless. */
export function fatalCloseError(shardId: number, closeCode: number, intents: number): GatewayError {
  const { code, advice } = fatalAdvice[closeCode] ?? {
    code: "GATEWAY_CLOSED" as const,
    advice: "See Discord's page on gateway close codes.",
  };
  const meaning = gatewayCloseCodes.get(closeCode)?.meaning ?? "Discord did not say why.";
  const options: AntiphonErrorOptions = { severity: "critical", details: { shardId, closeCode, intents } };
  const asked = closeCode === 4013 || closeCode === 4014 ? ` Asked for: ${intents}.` : "";
  return new GatewayError(
    code,
    `Discord closed shard ${shardId} with ${closeCode}: ${meaning}${asked} ${advice}`,
    options,
  );
}
