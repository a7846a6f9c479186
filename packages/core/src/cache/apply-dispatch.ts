import { shardIdOf } from "@antiphon/protocol/discord";
import type { APIChannel, APIGuild, APIGuildMember, APIRole, APIUser, APIVoiceState } from "discord-api-types/v10";
import type { DispatchData, DispatchName } from "../gateway-event.ts";
import { isThread } from "../is-thread.ts";
import type { CacheCollections } from "./cache-collections.ts";
import type { CachedGuild, CachedMember, CachedVoiceState, CacheKind } from "./cached-values.ts";

/** How one dispatch changes the cache. */
export interface CacheApplier {
  /** The kinds that it may change; when none of them is kept, the dispatch need not come. */
  readonly kinds: readonly CacheKind[];
  /** Brings the collections up to date. May throw when the payload is not as documented. */
  apply(cache: CacheCollections, data: unknown): void;
}

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
  cache.users.set("", user.id, user);
}

/** Keeps a member of which Discord sent everything. */
function putMember(
  cache: CacheCollections,
  guildId: string,
  user: APIUser,
  member: Omit<APIGuildMember, "user">,
): void {
  putUser(cache, user);
  cache.members.set(guildId, user.id, { ...member, user, guild_id: guildId });
}

/** Keeps a member of which Discord may have sent only a part. */
function updateMember(cache: CacheCollections, guildId: string, userId: string, member: Partial<APIGuildMember>): void {
  const known = cache.members.peek(guildId, userId);
  const user = member.user ?? known?.user ?? cache.users.peek("", userId);
  if (user === undefined) return;
  if (member.user !== undefined) putUser(cache, member.user);
  cache.members.set(guildId, userId, { ...known, ...member, user, guild_id: guildId } as CachedMember);
}

function putRole(cache: CacheCollections, guildId: string, role: APIRole): void {
  cache.roles.set(guildId, role.id, { ...role, guild_id: guildId });
}

function putChannel(cache: CacheCollections, guildId: string | undefined, channel: APIChannel): void {
  const known = cache.channels.peek("", channel.id);
  const owner = guildId ?? (known === undefined ? undefined : guildOf(known));
  const withGuild = owner === undefined ? channel : { ...channel, guild_id: owner };
  cache.channels.set(owner ?? "", channel.id, { ...known, ...withGuild } as APIChannel);
}

function putVoiceState(cache: CacheCollections, guildId: string, state: APIVoiceState): void {
  if (state.member !== undefined) updateMember(cache, guildId, state.user_id, state.member);
  if (state.channel_id === null) cache.voiceStates.delete(guildId, state.user_id);
  else cache.voiceStates.set(guildId, state.user_id, { ...state, guild_id: guildId } as CachedVoiceState);
}

/** Keeps a guild; `known` is what an update, which may leave fields out, is laid over. */
function putGuild(cache: CacheCollections, guild: APIGuild, known?: CachedGuild): void {
  for (const role of guild.roles) putRole(cache, guild.id, role);
  const own = Object.fromEntries(Object.entries(guild).filter(([field]) => !SEPARATE.has(field)));
  cache.guilds.set("", guild.id, { ...known, ...own } as unknown as CachedGuild);
}

/** Changes fields of a guild that is known. */
function patchGuild(cache: CacheCollections, guildId: string, change: (known: CachedGuild) => Partial<CachedGuild>) {
  const known = cache.guilds.peek("", guildId);
  if (known !== undefined) cache.guilds.set("", guildId, { ...known, ...change(known) });
}

function countMember(cache: CacheCollections, guildId: string, difference: 1 | -1): void {
  patchGuild(cache, guildId, ({ member_count: count }) =>
    count === undefined ? {} : { member_count: Math.max(0, count + difference) },
  );
}

/** A READY names every guild that the bot is in on its shard, so that it was made to leave the others while it was away. */
function startSession(cache: CacheCollections, { user, guilds, shard = [0, 1] }: DispatchData<"READY">): void {
  putUser(cache, user);
  const named = new Set(guilds.map(({ id }) => id));
  const [shardId, shardCount] = shard;
  for (const [, id] of cache.guilds.entries())
    if (!named.has(id) && shardIdOf(id, shardCount) === shardId) forgetGuild(cache, id);
}

function forgetGuild(cache: CacheCollections, guildId: string): void {
  for (const [channelId] of cache.channels.in(guildId)) cache.messages.deleteGroup(channelId);
  for (const collection of [cache.channels, cache.roles, cache.members, cache.voiceStates])
    collection.deleteGroup(guildId);
  cache.guilds.delete("", guildId);
}

function createGuild(cache: CacheCollections, guild: DispatchData<"GUILD_CREATE">): void {
  if (guild.unavailable === true) return;
  // A GUILD_CREATE is the whole truth: what is not in it has gone, for instance during an outage.
  for (const collection of [cache.channels, cache.roles, cache.voiceStates]) collection.deleteGroup(guild.id);
  putGuild(cache, guild);
  for (const channel of guild.channels) putChannel(cache, guild.id, channel);
  for (const thread of guild.threads ?? []) putChannel(cache, guild.id, thread);
  for (const member of guild.members) putMember(cache, guild.id, member.user, member);
  for (const state of guild.voice_states ?? []) putVoiceState(cache, guild.id, state);
}

function deleteGuild(cache: CacheCollections, guild: DispatchData<"GUILD_DELETE">): void {
  if (guild.unavailable === true) patchGuild(cache, guild.id, () => ({ unavailable: true }));
  else forgetGuild(cache, guild.id);
}

function putMessage(cache: CacheCollections, message: DispatchData<"MESSAGE_CREATE">): void {
  const { author, guild_id: guildId, member } = message;
  if (guildId !== undefined && member !== undefined && message.webhook_id === undefined) {
    putMember(cache, guildId, author, member);
  } else if (message.webhook_id === undefined) putUser(cache, author);
  cache.messages.set(message.channel_id, message.id, message);
}

function updateMessage(cache: CacheCollections, message: DispatchData<"MESSAGE_UPDATE">): void {
  const known = cache.messages.peek(message.channel_id, message.id);
  if (known !== undefined) cache.messages.set(message.channel_id, message.id, { ...known, ...message });
}

/** Forgets threads of a guild by their channel and id. */
function forgetThreads(cache: CacheCollections, guildId: string, isGone: (parentId: string, id: string) => boolean) {
  for (const [id, channel] of cache.channels.in(guildId)) {
    const parentId = "parent_id" in channel ? channel.parent_id : undefined;
    if (isThread(channel) && isGone(parentId ?? "", id)) removeChannel(cache, id);
  }
}

function syncThreads(cache: CacheCollections, data: DispatchData<"THREAD_LIST_SYNC">): void {
  const { guild_id: guildId, channel_ids: channelIds, threads } = data;
  const listed = new Set(threads.map(({ id }) => id));
  forgetThreads(cache, guildId, (parentId, id) => !listed.has(id) && channelIds?.includes(parentId) !== false);
  for (const thread of threads) putChannel(cache, guildId, thread);
}

function putChunk(cache: CacheCollections, data: DispatchData<"GUILD_MEMBERS_CHUNK">): void {
  for (const member of data.members) putMember(cache, data.guild_id, member.user, member);
}

function removeChannel(cache: CacheCollections, channelId: string): void {
  cache.channels.delete("", channelId);
  cache.messages.deleteGroup(channelId);
}

function deleteChannel(cache: CacheCollections, channel: DispatchData<"CHANNEL_DELETE">): void {
  removeChannel(cache, channel.id);
  // Discord does not tell that its threads went with it.
  const guildId = guildOf(channel);
  if (guildId !== undefined) forgetThreads(cache, guildId, (parentId) => parentId === channel.id);
}

function addMember(cache: CacheCollections, member: DispatchData<"GUILD_MEMBER_ADD">): void {
  putMember(cache, member.guild_id, member.user, member);
  countMember(cache, member.guild_id, 1);
}

function removeMember(cache: CacheCollections, { guild_id: guildId, user }: DispatchData<"GUILD_MEMBER_REMOVE">): void {
  cache.members.delete(guildId, user.id);
  countMember(cache, guildId, -1);
}

function on<Name extends DispatchName>(
  name: Name,
  kinds: readonly CacheKind[],
  apply: (cache: CacheCollections, data: DispatchData<Name>) => void,
): readonly [string, CacheApplier] {
  return [name, { kinds, apply: (cache, data) => apply(cache, data as DispatchData<Name>) }];
}

function guildOf(channel: object): string | undefined {
  return "guild_id" in channel && typeof channel.guild_id === "string" ? channel.guild_id : undefined;
}

const people = ["members", "users"] as const;
const everything = ["guilds", "channels", "roles", "members", "users", "voiceStates", "messages"] as const;

/** What each dispatch changes, by its name on the wire. */
export const cacheAppliers: ReadonlyMap<string, CacheApplier> = new Map([
  on("READY", everything, startSession),
  on("USER_UPDATE", ["users"], (cache, data) => putUser(cache, data)),
  on("GUILD_CREATE", everything, createGuild),
  on("GUILD_UPDATE", ["guilds", "roles"], (cache, data) => putGuild(cache, data, cache.guilds.peek("", data.id))),
  on("GUILD_EMOJIS_UPDATE", ["guilds"], (cache, { guild_id: guildId, emojis }) =>
    patchGuild(cache, guildId, () => ({ emojis })),
  ),
  on("GUILD_STICKERS_UPDATE", ["guilds"], (cache, { guild_id: guildId, stickers }) =>
    patchGuild(cache, guildId, () => ({ stickers })),
  ),
  on("GUILD_DELETE", everything, deleteGuild),
  on("GUILD_ROLE_CREATE", ["roles"], (cache, data) => putRole(cache, data.guild_id, data.role)),
  on("GUILD_ROLE_UPDATE", ["roles"], (cache, data) => putRole(cache, data.guild_id, data.role)),
  on("GUILD_ROLE_DELETE", ["roles"], (cache, data) => cache.roles.delete("", data.role_id)),
  on("GUILD_MEMBER_ADD", ["guilds", ...people], addMember),
  on("GUILD_MEMBER_UPDATE", people, (cache, data) =>
    updateMember(cache, data.guild_id, data.user.id, data as Partial<APIGuildMember>),
  ),
  on("GUILD_MEMBER_REMOVE", ["guilds", ...people], removeMember),
  on("GUILD_MEMBERS_CHUNK", people, putChunk),
  on("CHANNEL_CREATE", ["channels"], (cache, data) => putChannel(cache, guildOf(data), data)),
  on("CHANNEL_UPDATE", ["channels"], (cache, data) => putChannel(cache, guildOf(data), data)),
  on("CHANNEL_DELETE", ["channels", "messages"], deleteChannel),
  on("THREAD_CREATE", ["channels"], (cache, data) => putChannel(cache, data.guild_id, data)),
  on("THREAD_UPDATE", ["channels"], (cache, data) => putChannel(cache, data.guild_id, data)),
  on("THREAD_DELETE", ["channels", "messages"], (cache, data) => removeChannel(cache, data.id)),
  on("THREAD_LIST_SYNC", ["channels", "messages"], syncThreads),
  on("MESSAGE_CREATE", ["messages", "members", "users"], putMessage),
  on("MESSAGE_UPDATE", ["messages"], updateMessage),
  on("MESSAGE_DELETE", ["messages"], (cache, data) => cache.messages.delete(data.channel_id, data.id)),
  on("MESSAGE_DELETE_BULK", ["messages"], (cache, data) =>
    data.ids.forEach((id) => cache.messages.delete(data.channel_id, id)),
  ),
  on("VOICE_STATE_UPDATE", ["voiceStates", ...people], (cache, data) => {
    if (data.guild_id !== undefined) putVoiceState(cache, data.guild_id, data);
  }),
]);
