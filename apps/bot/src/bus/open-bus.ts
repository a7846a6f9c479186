import { connectNatsBus, createMemoryBus, subjectToken, type BusTransport } from "@antiphon/bridge";
import type { Clock } from "@antiphon/std";
import type { BotConfig } from "../config/bot-config.ts";

/** The bus of the configuration: in this process, or NATS. */
export async function openBus(config: BotConfig["bus"], { clock }: { readonly clock: Clock }): Promise<BusTransport> {
  if (config.transport === "memory") return createMemoryBus({ clock });
  const app = subjectToken(config.app);
  return connectNatsBus({
    servers: config.servers.split(",").map((server) => server.trim()),
    name: `antiphon-${app}`,
    stream: { name: `antiphon-${app}`, subjects: [`antiphon.${app}.event.>`] },
    clock,
  });
}
