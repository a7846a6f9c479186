import { GatewayOpcode } from "@antiphon/protocol/discord";
import { GatewayIntentBits } from "discord-api-types/v10";
import { guildCreatePayload } from "../world/guild-payload.ts";
import type { ApplicationRecord, WorldState } from "../world/state.ts";
import type { GatewayHub } from "./hub.ts";
import { readPresence, tellPresence } from "./presence.ts";
import { createSession, type GatewaySession, type SessionLink } from "./session.ts";

/** Every intent that Discord documents. */
const ALL_INTENTS = Object.values(GatewayIntentBits).reduce<number>(
  (all, bit) => (typeof bit === "number" ? all | bit : all),
  0,
);

/** A connection on which a client may log in. */
export interface LoginConnection extends SessionLink {
  /** Sends a frame that is not a dispatch. */
  sendOp(op: number, data: unknown): void;
  /** Takes up a session; its frames go out here from now on. */
  attach(session: GatewaySession): void;
}

type Fields = Readonly<Record<string, unknown>>;

const asFields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

/** Answers IDENTIFY: READY and the guilds, or the close code that says what is wrong with it. */
export function identify(hub: GatewayHub, connection: LoginConnection, data: unknown): void {
  const { state, options } = hub;
  const fields = asFields(data);
  const application = findApplication(state, fields["token"]);
  if (application === undefined) return connection.close(4004);
  const shard = readShard(fields["shard"]);
  if (shard === undefined) return connection.close(4010);
  const { intents } = fields;
  if (typeof intents !== "number" || !Number.isInteger(intents) || intents < 0 || (intents & ~ALL_INTENTS) !== 0)
    return connection.close(4013);
  if ((intents & application.deniedIntents) !== 0) return connection.close(4014);
  if (typeof fields["properties"] !== "object") return connection.close(4002);
  if (!hub.identifyGate.admit(application, shard.id)) return connection.sendOp(GatewayOpcode.InvalidSession, false);
  const session = createSession({
    id: state.hex(32),
    application,
    shardId: shard.id,
    shardCount: shard.count,
    intents,
    replayLimit: options.replayLimit,
  });
  hub.sessions.set(session.id, session);
  connection.attach(session);
  sayReady(hub, session);
  tellPresence(state, session, readPresence(fields["presence"]));
}

function findApplication(state: WorldState, token: unknown): ApplicationRecord | undefined {
  const bare = typeof token === "string" ? token.replace(/^Bot /, "") : undefined;
  return [...state.applications.values()].find((application) => application.token === bare);
}

function readShard(value: unknown): { readonly id: number; readonly count: number } | undefined {
  if (value === undefined || value === null) return { id: 0, count: 1 };
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [id, count] = value as [unknown, unknown];
  if (!Number.isInteger(id) || !Number.isInteger(count)) return undefined;
  const [shardId, shardCount] = [id as number, count as number];
  return shardId >= 0 && shardCount >= 1 && shardId < shardCount ? { id: shardId, count: shardCount } : undefined;
}

function sayReady(hub: GatewayHub, session: GatewaySession): void {
  const { state, gatewayUrl } = hub;
  const { application, shardId, shardCount, intents } = session;
  const guilds = [...state.guilds.values()].filter((guild) => session.hasGuild(state, guild.id));
  const ready = {
    v: 10,
    user_settings: {},
    user: { ...state.users.get(application.botUserId), verified: true, mfa_enabled: false, flags: 0, email: null },
    session_type: "normal",
    session_id: session.id,
    resume_gateway_url: gatewayUrl,
    relationships: [],
    private_channels: [],
    presences: [],
    guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
    guild_join_requests: [],
    geo_ordered_rtc_regions: [],
    application: { id: application.id, flags: 0 },
    shard: [shardId, shardCount],
    _trace: ["simulator"],
  };
  session.dispatch("READY", JSON.stringify(ready));
  state.events.emit({ type: "sessionStart", applicationId: application.id, shardId });
  if ((intents & GatewayIntentBits.Guilds) === 0) return;
  for (const guild of guilds) {
    session.dispatch(
      "GUILD_CREATE",
      JSON.stringify(guildCreatePayload(state, guild, { viewerId: application.botUserId, intents })),
    );
  }
}

/** Answers RESUME: the missed dispatches and RESUMED, INVALID_SESSION, or a close code. */
export function resume(hub: GatewayHub, connection: LoginConnection, data: unknown): void {
  const fields = asFields(data);
  const application = findApplication(hub.state, fields["token"]);
  if (application === undefined) return connection.close(4004);
  const session = hub.sessions.get(String(fields["session_id"]));
  const sequence = fields["seq"];
  if (session === undefined || session.application !== application)
    return connection.sendOp(GatewayOpcode.InvalidSession, false);
  if (typeof sequence !== "number" || sequence < 0 || sequence > session.sequence) return connection.close(4007);
  const missed = session.replayAfter(sequence);
  if (missed === undefined) {
    hub.endSession(session);
    return connection.sendOp(GatewayOpcode.InvalidSession, false);
  }
  hub.sessionReturned(session);
  connection.attach(session);
  for (const text of missed) connection.send(text);
  session.dispatch("RESUMED", '{"_trace":["simulator"]}');
  hub.state.events.emit({ type: "sessionResume", applicationId: application.id, shardId: session.shardId });
}
