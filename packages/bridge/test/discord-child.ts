import { isAntiphonError } from "@antiphon/std";
import { connectNatsBus, type BusTransport } from "../src/index.ts";
import { dispatchSubjects } from "../src/discord/index.ts";

/** What a process of the fleet is started with, as JSON in its first argument. */
export interface FleetConfig {
  readonly servers: readonly string[];
  readonly replicas: number;
  /** See `GatewayRoleOptions.leaseMs`. */
  readonly leaseMs?: number;
  readonly laneCount: number;
  readonly apiUrl: string;
  readonly token: string;
  readonly applicationId: string;
}

/** The configuration of this process. */
export function readFleetConfig(): FleetConfig {
  return JSON.parse(process.argv[2] ?? "") as FleetConfig;
}

/** Connects to the fleet's bus; as a supervisor would, again while a cluster that has just started does not answer. */
export async function connectFleetBus(config: Pick<FleetConfig, "servers" | "replicas">): Promise<BusTransport> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectOnce(config);
    } catch (error) {
      if (attempt === 10 || !isAntiphonError(error) || !error.retryable) throw error;
    }
  }
}

function connectOnce({ servers, replicas }: Pick<FleetConfig, "servers" | "replicas">): Promise<BusTransport> {
  return connectNatsBus({ servers, stream: { name: "discord", subjects: [dispatchSubjects()], replicas } });
}

/** Tells the parent; what was written is read even when this process is killed next. */
export function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
