import type { NodeStats, WirePlayer } from "@antiphon/protocol/lavalink";
import type { Clock, Random } from "@antiphon/std";
import type { ApiRequest, ApiResponse } from "./api-exchange.ts";
import type { Catalogue } from "./catalogue.ts";
import type { FaultDice } from "./fault-plan.ts";
import { createSession, type Session } from "./session.ts";
import type { TrackFault } from "./virtual-player.ts";

/** What the simulated node sends as statistics beside its player counts. */
export interface SimulatedLoad {
  systemLoadRatio: number;
  lavalinkLoadRatio: number;
  frameStats: NodeStats["frameStats"];
}

/** What a {@link NodeState} is built from. */
export interface NodeStateOptions {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly random: Random;
  readonly playerUpdateIntervalMs: number;
  readonly disabledFilters: ReadonlySet<string>;
  readonly dice: FaultDice;
}

/** Everything that the simulated node knows: its sessions, their players, what it can load, and what shall go wrong. */
export interface NodeState {
  readonly catalogue: Catalogue;
  readonly load: SimulatedLoad;
  readonly disabledFilters: ReadonlySet<string>;
  readonly trackFaults: Map<string, TrackFault>;
  /** What plugins answer, by method and path. */
  readonly routes: Map<string, (request: ApiRequest) => ApiResponse>;
  /** Whether events of players are lost. */
  losesEvents: boolean;
  readonly sessions: ReadonlyMap<string, Session>;
  /** An attached session; one that waits for its resume is not found. */
  sessionOf(sessionId: string): Session | undefined;
  openSession(userId: string, clientName: string | undefined): Session;
  endSession(session: Session): void;
  players(): readonly WirePlayer[];
  stats(): NodeStats;
}

const SESSION_ID_LENGTH = 16;
const SESSION_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789".split("");

/** Builds a {@link NodeState} without sessions. */
export function createNodeState(options: NodeStateOptions): NodeState {
  const { catalogue, clock, random, playerUpdateIntervalMs, disabledFilters } = options;
  const sessions = new Map<string, Session>();
  const trackFaults = new Map<string, TrackFault>();
  const load: SimulatedLoad = { systemLoadRatio: 0.1, lavalinkLoadRatio: 0.05, frameStats: null };
  const startedMs = clock.monotonicMs();
  const players = () =>
    [...sessions.values()].flatMap((session) => [...session.players.values()].map((player) => player.view()));

  const state: NodeState = {
    catalogue,
    load,
    disabledFilters,
    trackFaults,
    routes: new Map(),
    losesEvents: false,
    sessions,
    sessionOf(sessionId) {
      const session = sessions.get(sessionId);
      return session?.connected === true ? session : undefined;
    },
    openSession(userId, clientName) {
      const session = createSession({
        sessionId: Array.from({ length: SESSION_ID_LENGTH }, () => random.pick(SESSION_ID_ALPHABET)).join(""),
        userId,
        clientName,
        clock,
        playerUpdateIntervalMs,
        isLost: (message) => (state.losesEvents && message.op === "event") || options.dice.losesMessage(),
        isCut: options.dice.dropsConnection,
        faultOf: (track) => trackFaults.get(track.info.identifier),
      });
      sessions.set(session.sessionId, session);
      return session;
    },
    endSession(session) {
      sessions.delete(session.sessionId);
      session.destroy();
    },
    players,
    stats() {
      const all = players();
      return {
        players: all.length,
        playingPlayers: all.filter((player) => player.track && !player.paused).length,
        uptime: Math.floor(clock.monotonicMs() - startedMs),
        memory: { free: 100_000_000, used: 100_000_000, allocated: 200_000_000, reservable: 500_000_000 },
        cpu: { cores: 2, systemLoad: load.systemLoadRatio, lavalinkLoad: load.lavalinkLoadRatio },
        frameStats: load.frameStats,
      };
    },
  };
  return state;
}
