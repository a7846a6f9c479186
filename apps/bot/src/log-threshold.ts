import type { LogThreshold } from "@antiphon/patterns/logging";
import type { BotConfig } from "./config/bot-config.ts";

/** From which level a bot logs: what its configuration says, and at least `debug` when it is being debugged. */
export function thresholdOf({ application, logging }: Pick<BotConfig, "application" | "logging">): LogThreshold {
  return application.debug && logging.level !== "trace" ? "debug" : logging.level;
}
