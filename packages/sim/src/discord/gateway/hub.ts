import type { IncomingMessage } from "node:http";
import type { Snowflake } from "@antiphon/protocol/discord";
import type { WebSocket } from "ws";
import type { Transcript } from "../transcript.ts";
import type { WorldState } from "../world/state.ts";
import type { GatewayFaults } from "../world/world.ts";
import type { IdentifyGate, IdentifyOptions } from "./identify-gate.ts";
import type { GatewaySession, SessionLink } from "./session.ts";

/** How the gateway behaves; every field has been given its default. */
export interface GatewayOptions {
  readonly heartbeatIntervalMs: number;
  /** How long HELLO waits after the connection opened. */
  readonly helloDelayMs: number;
  /** How many dispatches a session keeps for a resume. */
  readonly replayLimit: number;
  /** How long a session waits for its client to come back. */
  readonly resumeWindowMs: number;
  /** Spreads each zlib-stream payload over messages of this size. */
  readonly splitCompressedAtBytes: number | undefined;
  readonly identify: IdentifyOptions;
  /** What the next frame waits on its way, in milliseconds. */
  readonly nextLatencyMs: () => number;
}

/** All sessions and connections of the gateway. */
export interface GatewayHub {
  readonly state: WorldState;
  readonly transcript: Transcript;
  readonly options: GatewayOptions;
  readonly gatewayUrl: string;
  readonly identifyGate: IdentifyGate;
  readonly sessions: Map<string, GatewaySession>;
  readonly connections: Set<SessionLink>;
  readonly faults: GatewayFaults;
  /** Serves a new connection. */
  accept(socket: WebSocket, request: IncomingMessage): void;
  /** The client of a session is gone, for now or (`isOver`) for good. */
  sessionLeft(session: GatewaySession, options: { readonly isOver: boolean }): void;
  /** The client of a session is back. */
  sessionReturned(session: GatewaySession): void;
  /** Forgets a session, and takes its bot out of voice. */
  endSession(session: GatewaySession): void;
  /** Seconds until the bot may ask for this guild's members again; 0 takes its turn. */
  memberListGate(session: GatewaySession, guildId: Snowflake): number;
  /** Ends everything. */
  close(): void;
}
