import type { GuildId, Snowflake, UserId } from "@antiphon/protocol/discord";
import { GatewayIntentBits, type APISoundboardSound } from "discord-api-types/v10";
import { invalidArgument } from "../sim-error.ts";
import { addMember } from "./membership.ts";
import { DEFAULT_PERMISSIONS } from "./permissions.ts";
import { buildRole } from "./role.ts";
import type { GuildRecord, WorldState } from "./state.ts";
import { addUser } from "./user.ts";

/** Adds a guild with its everyone role and its owner, who is made up when none is named. */
export function addGuild(
  state: WorldState,
  options: { readonly name: string; readonly ownerId?: Snowflake | undefined; readonly id?: Snowflake | undefined },
): GuildRecord {
  const id = (options.id ?? state.nextId()) as GuildId;
  if (state.guilds.has(id)) {
    throw invalidArgument(`addGuild: there is already a guild ${id}; give each its own id.`);
  }
  const ownerId = (options.ownerId ?? addUser(state, { username: "owner" }).id) as UserId;
  const guild: GuildRecord = {
    id,
    name: options.name,
    ownerId,
    roles: new Map([[id, buildRole(id, 0, { name: "@everyone", permissions: DEFAULT_PERMISSIONS })]]),
    channels: new Map(),
    members: new Map(),
    bans: new Map(),
    voiceStates: new Map(),
    soundboardSounds: [],
  };
  state.guilds.set(id, guild);
  state.events.emit({ type: "guildCreate", guildId: id });
  addMember(state, guild, ownerId);
  return guild;
}

/** Adds a sound to a guild's soundboard. */
export function addSoundboardSound(
  state: WorldState,
  guild: GuildRecord,
  options: { readonly name: string; readonly emojiName?: string | undefined },
): APISoundboardSound {
  const sound: APISoundboardSound = {
    name: options.name,
    sound_id: state.nextId(),
    volume: 1,
    emoji_id: null,
    emoji_name: options.emojiName ?? null,
    guild_id: guild.id,
    available: true,
  };
  guild.soundboardSounds.push(sound);
  state.publish({
    name: "GUILD_SOUNDBOARD_SOUND_CREATE",
    data: sound,
    intents: GatewayIntentBits.GuildExpressions,
    guildId: guild.id,
  });
  return sound;
}
