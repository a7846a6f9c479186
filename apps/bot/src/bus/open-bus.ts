import { connectNatsBus, createMemoryBus, subjectToken, type BusTransport } from "@antiphon/bridge";
import { dispatchSubjects } from "@antiphon/bridge/discord";
import type { Clock } from "@antiphon/std";
import type { BotConfig } from "../config/bot-config.ts";

/** What a bus needs besides its configuration. */
export interface BusParts {
  readonly clock: Clock;
  /** The application whose dispatches go over the bus; undefined for a bot in one process. */
  readonly applicationId?: string | undefined;
}

/** The bus of the configuration: in this process, or NATS. */
export async function openBus(config: BotConfig["bus"], { clock, applicationId }: BusParts): Promise<BusTransport> {
  if (config.transport === "memory") return createMemoryBus({ clock });
  const app = subjectToken(config.app);
  return connectNatsBus({
    servers: config.servers.split(",").map((server) => server.trim()),
    name: `antiphon-${app}`,
    stream: {
      name: `antiphon-${app}`,
      subjects: [`antiphon.${app}.event.>`, ...(applicationId === undefined ? [] : [dispatchSubjects(applicationId)])],
      replicas: config.replicas,
    },
    clock,
  });
}
