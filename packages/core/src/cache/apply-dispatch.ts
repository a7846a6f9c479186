import type { APIChannel, APIGuild, APIGuildMember, APIRole, APIUser, APIVoiceState } from "discord-api-types/v10";
import type { DispatchData, DispatchName } from "../gateway-event.ts";
import { nestedKey, type CacheCollections, type CachedGuild, type CachedVoiceState } from "./cache-collections.ts";

/** Brings the collections up to date with one dispatch. May throw when the payload is not as documented. */
export type CacheApplier = (cache: CacheCollections, data: unknown) => void;

/** Fields of GUILD_CREATE that are kept elsewhere or not at all. */
const SEPARATE = new Set([
  "channels",
  "threads",
  "members",
  "roles",
  "voice_states",
  "presences",
  "stage_instances",
  "guild_scheduled_events",
  "soundboard_sounds",
]);

function putUser(cache: CacheCollections, user: APIUser): void {
  cache.users.set(user.id, "", user);
}

function putMember(cache: CacheCollections, guildId: string, userId: string, member: Partial<APIGuildMember>): void {
  const key = nestedKey(guildId, userId);
  const known = cache.members.peek(key);
  const user = member.user ?? known?.user ?? cache.users.peek(userId);
  if (user === undefined) return;
  if (member.user !== undefined) putUser(cache, member.user);
  cache.members.set(key, guildId, { ...known, ...member, user, guild_id: guildId } as typeof known & object);
}

function putRole(cache: CacheCollections, guildId: string, role: APIRole): void {
  cache.roles.set(role.id, guildId, { ...role, guild_id: guildId });
}

function putChannel(cache: CacheCollections, guildId: string | undefined, channel: APIChannel): void {
  const known = cache.channels.peek(channel.id);
  const withGuild = guildId === undefined ? channel : { ...channel, guild_id: guildId };
  cache.channels.set(channel.id, guildId ?? "", { ...known, ...withGuild } as APIChannel);
}

function putVoiceState(cache: CacheCollections, guildId: string, state: APIVoiceState): void {
  const key = nestedKey(guildId, state.user_id);
  if (state.member !== undefined) putMember(cache, guildId, state.user_id, state.member);
  if (state.channel_id === null) cache.voiceStates.delete(key);
  else cache.voiceStates.set(key, guildId, { ...state, guild_id: guildId } as CachedVoiceState);
}

function putGuild(cache: CacheCollections, guild: APIGuild): void {
  for (const role of guild.roles) putRole(cache, guild.id, role);
  const own = Object.fromEntries(Object.entries(guild).filter(([field]) => !SEPARATE.has(field)));
  cache.guilds.set(guild.id, "", { ...cache.guilds.peek(guild.id), ...own } as unknown as CachedGuild);
}

function forgetGuild(cache: CacheCollections, guildId: string): void {
  for (const channel of cache.channels.in(guildId)) cache.messages.deleteGroup(channel.id);
  for (const collection of [cache.channels, cache.roles, cache.members, cache.voiceStates])
    collection.deleteGroup(guildId);
  cache.guilds.delete(guildId);
}

function createGuild(cache: CacheCollections, guild: DispatchData<"GUILD_CREATE">): void {
  if (guild.unavailable === true) return;
  // A GUILD_CREATE is the whole truth: what is not in it has gone, for instance during an outage.
  for (const collection of [cache.channels, cache.roles, cache.voiceStates]) collection.deleteGroup(guild.id);
  putGuild(cache, guild);
  for (const channel of guild.channels) putChannel(cache, guild.id, channel);
  for (const thread of guild.threads ?? []) putChannel(cache, guild.id, thread);
  for (const member of guild.members) putMember(cache, guild.id, member.user.id, member);
  for (const state of guild.voice_states ?? []) putVoiceState(cache, guild.id, state);
}

function deleteGuild(cache: CacheCollections, guild: DispatchData<"GUILD_DELETE">): void {
  const known = cache.guilds.peek(guild.id);
  if (guild.unavailable !== true) forgetGuild(cache, guild.id);
  else if (known !== undefined) cache.guilds.set(guild.id, "", { ...known, unavailable: true });
}

function putMessage(cache: CacheCollections, message: DispatchData<"MESSAGE_CREATE">): void {
  if (message.webhook_id === undefined) putUser(cache, message.author);
  if (message.guild_id !== undefined && message.member !== undefined) {
    putMember(cache, message.guild_id, message.author.id, message.member);
  }
  cache.messages.set(nestedKey(message.channel_id, message.id), message.channel_id, message);
}

function updateMessage(cache: CacheCollections, message: DispatchData<"MESSAGE_UPDATE">): void {
  const key = nestedKey(message.channel_id, message.id);
  const known = cache.messages.peek(key);
  if (known !== undefined) cache.messages.set(key, message.channel_id, { ...known, ...message });
}

function syncThreads(cache: CacheCollections, data: DispatchData<"THREAD_LIST_SYNC">): void {
  for (const thread of data.threads) putChannel(cache, data.guild_id, thread);
}

function putChunk(cache: CacheCollections, data: DispatchData<"GUILD_MEMBERS_CHUNK">): void {
  for (const member of data.members) putMember(cache, data.guild_id, member.user.id, member);
}

function removeChannel(cache: CacheCollections, channelId: string): void {
  cache.channels.delete(channelId);
  cache.messages.deleteGroup(channelId);
}

function on<Name extends DispatchName>(
  name: Name,
  applier: (cache: CacheCollections, data: DispatchData<Name>) => void,
): readonly [string, CacheApplier] {
  return [name, (cache, data) => applier(cache, data as DispatchData<Name>)];
}

function guildOf(channel: object): string | undefined {
  return "guild_id" in channel && typeof channel.guild_id === "string" ? channel.guild_id : undefined;
}

/** What each dispatch changes, by its name on the wire. */
export const cacheAppliers: ReadonlyMap<string, CacheApplier> = new Map([
  on("READY", (cache, data) => putUser(cache, data.user)),
  on("USER_UPDATE", (cache, data) => putUser(cache, data)),
  on("GUILD_CREATE", createGuild),
  on("GUILD_UPDATE", (cache, data) => putGuild(cache, data)),
  on("GUILD_DELETE", deleteGuild),
  on("GUILD_ROLE_CREATE", (cache, data) => putRole(cache, data.guild_id, data.role)),
  on("GUILD_ROLE_UPDATE", (cache, data) => putRole(cache, data.guild_id, data.role)),
  on("GUILD_ROLE_DELETE", (cache, data) => cache.roles.delete(data.role_id)),
  on("GUILD_MEMBER_ADD", (cache, data) => putMember(cache, data.guild_id, data.user.id, data)),
  on("GUILD_MEMBER_UPDATE", (cache, data) =>
    putMember(cache, data.guild_id, data.user.id, data as Partial<APIGuildMember>),
  ),
  on("GUILD_MEMBER_REMOVE", (cache, data) => cache.members.delete(nestedKey(data.guild_id, data.user.id))),
  on("GUILD_MEMBERS_CHUNK", putChunk),
  on("CHANNEL_CREATE", (cache, data) => putChannel(cache, guildOf(data), data)),
  on("CHANNEL_UPDATE", (cache, data) => putChannel(cache, guildOf(data), data)),
  on("CHANNEL_DELETE", (cache, data) => removeChannel(cache, data.id)),
  on("THREAD_CREATE", (cache, data) => putChannel(cache, data.guild_id, data)),
  on("THREAD_UPDATE", (cache, data) => putChannel(cache, data.guild_id, data)),
  on("THREAD_DELETE", (cache, data) => removeChannel(cache, data.id)),
  on("THREAD_LIST_SYNC", syncThreads),
  on("MESSAGE_CREATE", putMessage),
  on("MESSAGE_UPDATE", updateMessage),
  on("MESSAGE_DELETE", (cache, data) => cache.messages.delete(nestedKey(data.channel_id, data.id))),
  on("MESSAGE_DELETE_BULK", (cache, data) =>
    data.ids.forEach((id) => cache.messages.delete(nestedKey(data.channel_id, id))),
  ),
  on(
    "VOICE_STATE_UPDATE",
    (cache, data) => void (data.guild_id !== undefined && putVoiceState(cache, data.guild_id, data)),
  ),
]);
