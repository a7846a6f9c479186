import type { Clock, Logger, Random } from "@antiphon/std";
import type { BusTransport } from "../bus/bus-transport.ts";
import type { KeyValueStore } from "../bus/key-value.ts";
import { serveLane, type DispatchSink, type LaneCounts } from "./lane-service.ts";
import type { Lease } from "./lease.ts";
import { openOwnership } from "./ownership.ts";
import type { Players } from "./worker-players.ts";

/** What a lane does to its worker. */
export interface LaneListener {
  readonly onTaken: (lane: number, from: string | null) => void;
  readonly onEnded: (lane: number) => void;
}

/** Options of {@link openLanes}. */
export interface LanesOptions extends LaneListener {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly table: KeyValueStore;
  readonly laneCount: number;
  readonly member: string;
  readonly sink: DispatchSink;
  readonly counts: LaneCounts;
  readonly players: Players;
  /** Filled with the lease of each lane that is held. */
  readonly leases: Map<number, Lease>;
  readonly leaseMs: number;
  readonly interactionDeadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The lanes of one worker. */
export interface Lanes {
  readonly owned: readonly number[];
  /** How many workers are alive, this one included. */
  readonly members: number;
  close(): Promise<void>;
}

/** Takes this worker's part of the lanes, and reads them. */
export async function openLanes(options: LanesOptions): Promise<Lanes> {
  const { laneCount, players, leases, onTaken, onEnded } = options;
  const laneOfKey = (key: string) => Number(key.slice(key.indexOf(".") + 1));
  const ownership = await openOwnership({
    table: options.table,
    member: options.member,
    keys: Array.from({ length: laneCount }, (_, lane) => `lane.${lane}`),
    leaseMs: options.leaseMs,
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    onAcquired: (key, from) => onTaken(laneOfKey(key), from),
    onEnded(key) {
      leases.delete(laneOfKey(key));
      onEnded(laneOfKey(key));
    },
    async serve(lease) {
      const lane = laneOfKey(lease.key);
      leases.set(lane, lease);
      const service = await serveLane(lease, { ...options, lane });
      players.laneTaken(lane);
      return {
        async stop() {
          await service.stop();
          await players.laneEnding(lane);
        },
      };
    },
  });
  return {
    get owned() {
      return ownership.owned.map(laneOfKey).sort((left, right) => left - right);
    },
    get members() {
      return ownership.members;
    },
    close: () => ownership.close(),
  };
}
