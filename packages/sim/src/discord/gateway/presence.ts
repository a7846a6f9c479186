import { GatewayIntentBits } from "discord-api-types/v10";
import type { WorldState } from "../world/state.ts";
import type { GatewaySession } from "./session.ts";

/** What a session says of its bot; Discord forgets it with the session. */
export interface SessionPresence {
  readonly status: string;
  readonly activities: readonly { readonly name?: unknown }[];
}

/** What everybody sees of a bot without a session. */
export const OFFLINE: SessionPresence = { status: "offline", activities: [] };

/** Reads the presence of op 3 and of IDENTIFY; who says nothing is online. */
export function readPresence(presence: unknown): SessionPresence {
  const { status, activities } = (presence ?? {}) as { readonly status?: unknown; readonly activities?: unknown };
  return {
    status: typeof status === "string" ? status : "online",
    activities: Array.isArray(activities) ? (activities as SessionPresence["activities"]) : [],
  };
}

/** Tells the guilds of a session how its bot is now. */
export function tellPresence(
  state: WorldState,
  session: GatewaySession,
  { status, activities }: SessionPresence,
): void {
  const { botUserId } = session.application;
  state.events.emit({
    type: "presenceUpdate",
    userId: botUserId,
    status,
    activities: activities.map(({ name }) => String(name)),
  });
  for (const guild of state.guilds.values()) {
    if (!session.hasGuild(state, guild.id)) continue;
    state.publish({
      name: "PRESENCE_UPDATE",
      data: { user: { id: botUserId }, guild_id: guild.id, status, activities, client_status: { web: status } },
      intents: GatewayIntentBits.GuildPresences,
      guildId: guild.id,
    });
  }
}
