import type { DiscordWorker } from "@antiphon/bridge/discord";
import { createRest } from "@antiphon/rest";
import type { Clock, Logger, Random } from "@antiphon/std";
import type { BotConfig } from "../config/bot-config.ts";
import type { DiscordCarrier } from "../discord-client.ts";

/** What carries the client of a worker: dispatches from the bus, and requests within the limits that all workers share. */
export function createWorkerCarrier(
  worker: DiscordWorker,
  { token, api }: BotConfig["discord"],
  parts: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): DiscordCarrier {
  const rest = createRest({ token, api, sharedLimiter: worker.limiter, ...parts });
  return { gateway: worker.gateway, rest, close: () => rest.close() };
}
