import { GatewayOpcode } from "@antiphon/protocol/discord";
import type { Timer } from "@antiphon/std";
import type { Transcript } from "../transcript.ts";
import type { Notice } from "../world/notice.ts";
import type { WorldState } from "../world/state.ts";
import { endVoiceOfSession } from "../world/voice-state.ts";
import type { FaultTarget, GatewayFaults } from "../world/world.ts";
import { GatewayConnection } from "./connection.ts";
import type { GatewayHub, GatewayOptions } from "./hub.ts";
import { createIdentifyGate } from "./identify-gate.ts";
import { OFFLINE, tellPresence } from "./presence.ts";
import { mayReadContent, withoutContent, type GatewaySession } from "./session.ts";

/** A bot may ask for a guild's whole member list this often. @see [Discord Docs/Change Log, 2025-08-14] */
const MEMBER_LIST_WINDOW_MS = 30_000;

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
      const { application } = session;
      const isGone = ![...hub.sessions.values()].some((other) => other.application === application);
      if (isGone) tellPresence(state, session, OFFLINE);
      state.events.emit({ type: "sessionEnd", applicationId: application.id, shardId: session.shardId });
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
