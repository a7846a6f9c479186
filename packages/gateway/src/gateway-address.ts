import { decodePayload, gatewayInfoSchema, type GatewayInfo } from "@antiphon/protocol/discord";
import { describeError, isAntiphonError } from "@antiphon/std";
import { GatewayError } from "./gateway-error.ts";

/** Where the main gateway is: asked for once, and again when it leads nowhere. */
export interface GatewayAddress {
  /** The answer of `GET /gateway/bot`, asked for again when `isFresh`; rejects with a GatewayError GATEWAY_INFO_UNAVAILABLE. */
  info(options?: { readonly isFresh?: boolean }): Promise<GatewayInfo>;
  /** The URL to connect to; `attempt` counts connections that did not last. */
  url(attempt: number): Promise<string>;
}

/** After this many connections that did not last, the address is asked for again. */
const REFRESH_ATTEMPTS = 3;

async function readInfo(gatewayInfo: () => Promise<GatewayInfo>): Promise<GatewayInfo> {
  let answer: unknown;
  try {
    answer = await gatewayInfo();
  } catch (error) {
    throw new GatewayError("GATEWAY_INFO_UNAVAILABLE", `GET /gateway/bot failed: ${describeError(error)}`, {
      cause: error,
      retryable: isAntiphonError(error) && error.retryable,
    });
  }
  try {
    return decodePayload(gatewayInfoSchema, answer, "The answer of GET /gateway/bot");
  } catch (error) {
    throw new GatewayError("GATEWAY_INFO_UNAVAILABLE", describeError(error), { cause: error });
  }
}

/** Builds a {@link GatewayAddress}. */
export function createGatewayAddress(gatewayInfo: () => Promise<GatewayInfo>): GatewayAddress {
  let known: Promise<GatewayInfo> | undefined;
  const info = async ({ isFresh = false } = {}): Promise<GatewayInfo> => {
    if (isFresh) known = undefined;
    known ??= readInfo(gatewayInfo);
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
  return {
    info,
    async url(attempt) {
      return (await info({ isFresh: attempt > 0 && attempt % REFRESH_ATTEMPTS === 0 })).url;
    },
  };
}
