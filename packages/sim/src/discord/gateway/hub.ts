import type { IncomingMessage } from "node:http";
import { GatewayOpcode, type Snowflake } from "@antiphon/protocol/discord";
import type { Timer } from "@antiphon/std";
import type { WebSocket } from "ws";
import type { Transcript } from "../transcript.ts";
import type { Notice } from "../world/notice.ts";
import type { WorldState } from "../world/state.ts";
import { endVoiceOfSession } from "../world/voice-state.ts";
import type { FaultTarget, GatewayFaults } from "../world/world.ts";
import { GatewayConnection } from "./connection.ts";
import { createIdentifyGate, type IdentifyGate, type IdentifyOptions } from "./identify-gate.ts";
import { mayReadContent, withoutContent, type GatewaySession } from "./session.ts";

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

/** A bot may ask for a guild's whole member list this often. @see [Discord Docs/Change Log, 2025-08-14] */
const MEMBER_LIST_WINDOW_MS = 30_000;

/** All sessions and connections of the gateway. */
export interface GatewayHub {
  readonly state: WorldState;
  readonly transcript: Transcript;
  readonly options: GatewayOptions;
  readonly gatewayUrl: string;
  readonly identifyGate: IdentifyGate;
  readonly sessions: Map<string, GatewaySession>;
  readonly connections: Set<GatewayConnection>;
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

/** Builds the gateway over a world. */
export function createGatewayHub(context: {
  readonly state: WorldState;
  readonly transcript: Transcript;
  readonly options: GatewayOptions;
}): GatewayHub {
  const { state, options } = context;
  const expiries = new Map<GatewaySession, Timer>();
  const memberLists = new Map<string, number>();
  let connectionCount = 0;
  const hub: GatewayHub = {
    ...context,
    get gatewayUrl() {
      return state.origin.replace(/^http/, "ws");
    },
    identifyGate: createIdentifyGate(state.clock, options.identify),
    sessions: new Map(),
    connections: new Set(),
    faults: createFaults(() => hub),
    accept(socket, request) {
      hub.connections.add(new GatewayConnection(hub, socket, request, ++connectionCount));
    },
    sessionLeft(session, { isOver }) {
      if (isOver) return hub.endSession(session);
      const expire = () => hub.endSession(session);
      expiries.set(session, state.clock.setTimer(options.resumeWindowMs, expire, { keepAlive: false }));
    },
    sessionReturned(session) {
      expiries.get(session)?.cancel();
      expiries.delete(session);
    },
    endSession(session) {
      hub.sessionReturned(session);
      if (!hub.sessions.delete(session.id)) return;
      session.link?.release();
      endVoiceOfSession(state, session.id);
      state.events.emit({ type: "sessionEnd", applicationId: session.application.id, shardId: session.shardId });
    },
    memberListGate(session, guildId) {
      const key = `${session.application.id} ${guildId}`;
      const freeAtMs = memberLists.get(key) ?? 0;
      const nowMs = state.clock.now();
      if (freeAtMs > nowMs) return (freeAtMs - nowMs) / 1000;
      memberLists.set(key, nowMs + MEMBER_LIST_WINDOW_MS);
      return 0;
    },
    close() {
      state.onNotice.delete(publish);
      for (const connection of hub.connections) connection.cut();
      for (const timer of expiries.values()) timer.cancel();
      hub.sessions.clear();
    },
  };
  const publish = (notice: Notice) => tellSessions(hub, notice);
  state.onNotice.add(publish);
  return hub;
}

/** Serialises a notice at most twice, however many sessions see it. */
function tellSessions(hub: GatewayHub, notice: Notice): void {
  let full: string | undefined;
  let stripped: string | undefined;
  for (const session of hub.sessions.values()) {
    if (!session.sees(hub.state, notice)) continue;
    if (notice.isMessage !== true || mayReadContent(session, notice))
      session.dispatch(notice.name, (full ??= JSON.stringify(notice.data)));
    else session.dispatch(notice.name, (stripped ??= JSON.stringify(withoutContent(notice.data))));
  }
}

function createFaults(hubOf: () => GatewayHub): GatewayFaults {
  const linked = ({ applicationId, shardCount }: FaultTarget) =>
    [...hubOf().sessions.values()].flatMap((session) => {
      const { link, application } = session;
      if (shardCount !== undefined && shardCount !== session.shardCount) return [];
      if (link === undefined || (applicationId !== undefined && applicationId !== application.id)) return [];
      return [{ session, link }];
    });
  const sendOp = (op: number, data: unknown) => JSON.stringify({ t: null, s: null, op, d: data });
  return {
    dropConnections({ code, ...target } = {}) {
      const hit = linked(target);
      for (const { link } of hit) {
        if (code === undefined) link.cut();
        else link.close(code);
      }
      return hit.length;
    },
    invalidateSessions({ resumable, ...target }) {
      const hit = linked(target);
      for (const { session, link } of hit) {
        link.send(sendOp(GatewayOpcode.InvalidSession, resumable));
        link.release();
        hubOf().sessionLeft(session, { isOver: !resumable });
      }
      return hit.length;
    },
    requestReconnect(target = {}) {
      const hit = linked(target);
      for (const { link } of hit) link.send(sendOp(GatewayOpcode.Reconnect, null));
      return hit.length;
    },
    requestHeartbeat(target = {}) {
      const hit = linked(target);
      for (const { link } of hit) link.send(sendOp(GatewayOpcode.Heartbeat, null));
      return hit.length;
    },
    silenceConnections(target = {}) {
      const hit = linked(target);
      for (const { link } of hit) link.fallSilent();
      return hit.length;
    },
  };
}
