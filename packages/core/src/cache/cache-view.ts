import type { APIUser } from "discord-api-types/v10";
import type { CacheCollection } from "./cache-collection.ts";
import type { CachedMember } from "./cached-values.ts";

/** A read-only look at one kind, by id. */
export interface CacheView<Value> {
  /** The entry, or undefined; counts a hit or a miss. */
  get(id: string): Value | undefined;
  /** The same, but what memory does not have is asked of the cache's adapter, if there is one. */
  fetch(id: string): Promise<Value | undefined>;
  /** Every entry. */
  values(): IterableIterator<Value>;
}

/** A view whose entries belong to guilds. */
export interface GuildCacheView<Value> extends CacheView<Value> {
  /** The entries of a guild. */
  in(guildId: string): readonly Value[];
  /** The entries of a guild as the cache's adapter has them; as memory has them when there is none, or when it fails. */
  fetchIn(guildId: string): Promise<readonly Value[]>;
}

/** A view whose entries are known by two ids: the guild's (or the channel's) and their own. */
export interface NestedCacheView<Value> {
  /** The entry, or undefined; counts a hit or a miss. */
  get(parentId: string, id: string): Value | undefined;
  /** The same, but what memory does not have is asked of the cache's adapter, if there is one. */
  fetch(parentId: string, id: string): Promise<Value | undefined>;
  /** The entries of a guild (or of a channel), oldest first. */
  in(parentId: string): readonly Value[];
  /** The entries of a guild (or of a channel) as the cache's adapter has them; as memory has them when there is none, or when it fails. */
  fetchIn(parentId: string): Promise<readonly Value[]>;
  /** Every entry. */
  values(): IterableIterator<Value>;
}

/** The messages of the channels. */
export interface MessageCacheView<Value> extends NestedCacheView<Value> {
  /** The newest messages of a channel, the newest first, at most `limit` (all). */
  recent(channelId: string, limit?: number): readonly Value[];
}

/** Reads what memory does not have. */
export interface FarReader<Value> {
  read(key: string): Promise<Value | undefined>;
  readGroup(group: string): Promise<readonly Value[] | undefined>;
}

function* valuesOf<Value>(collection: CacheCollection<Value>): IterableIterator<Value> {
  for (const [, , value] of collection.entries()) yield value;
}

async function fetchGroup<Value>(near: readonly Value[], far: Promise<readonly Value[] | undefined>) {
  const found = await far;
  return found === undefined || found.length < near.length ? near : found;
}

/** A look at a kind by id. */
export function createView<Value>(collection: CacheCollection<Value>, far: FarReader<Value>): CacheView<Value> {
  const get = (id: string) => collection.get("", id);
  return { get, fetch: async (id) => get(id) ?? far.read(id), values: () => valuesOf(collection) };
}

/** A look at a kind whose entries belong to guilds. */
export function createGuildView<Value>(
  collection: CacheCollection<Value>,
  far: FarReader<Value>,
): GuildCacheView<Value> {
  const inGroup = (guildId: string) => collection.in(guildId).map(([, value]) => value);
  return {
    ...createView(collection, far),
    in: inGroup,
    fetchIn: (guildId) => fetchGroup(inGroup(guildId), far.readGroup(guildId)),
  };
}

/** A look at a kind by two ids. */
export function createNestedView<Value>(
  collection: CacheCollection<Value>,
  far: FarReader<Value>,
): NestedCacheView<Value> {
  const inGroup = (parentId: string) => collection.in(parentId).map(([, value]) => value);
  const get = (parentId: string, id: string) => collection.get(parentId, id);
  return {
    get,
    fetch: async (parentId, id) => get(parentId, id) ?? far.read(`${parentId}:${id}`),
    in: inGroup,
    fetchIn: (parentId) => fetchGroup(inGroup(parentId), far.readGroup(parentId)),
    values: () => valuesOf(collection),
  };
}

/** A look at members: their users, which packed members leave to the users' own place, are put in. */
export function createMemberView(
  members: CacheCollection<CachedMember>,
  users: CacheCollection<APIUser>,
  far: FarReader<CachedMember>,
): NestedCacheView<CachedMember> {
  const join = (userId: string, member: Partial<CachedMember> | undefined): CachedMember | undefined => {
    if (member === undefined || member.user !== undefined) return member as CachedMember | undefined;
    const user = users.peek("", userId);
    // A member without its user, which had to give way, is of no use.
    return user && ({ ...member, user } as CachedMember);
  };
  const inGroup = (guildId: string) => members.in(guildId).flatMap(([userId, member]) => join(userId, member) ?? []);
  const get = (guildId: string, userId: string) => join(userId, members.get(guildId, userId));
  return {
    get,
    fetch: async (guildId, userId) => get(guildId, userId) ?? far.read(`${guildId}:${userId}`),
    in: inGroup,
    fetchIn: (guildId) => fetchGroup(inGroup(guildId), far.readGroup(guildId)),
    *values() {
      for (const [, userId, member] of members.entries()) {
        const joined = join(userId, member);
        if (joined !== undefined) yield joined;
      }
    },
  };
}

/** Snowflakes count time, so the longer or greater text is the newer. */
const byAge = ([left]: [string, unknown], [right]: [string, unknown]) =>
  left.length - right.length || (left < right ? -1 : 1);

/** A look at messages, in the order in which they were written. */
export function createMessageView<Value>(
  collection: CacheCollection<Value>,
  far: FarReader<Value>,
): MessageCacheView<Value> {
  const inChannel = (channelId: string) =>
    collection
      .in(channelId)
      .toSorted(byAge)
      .map(([, value]) => value);
  return {
    ...createNestedView(collection, far),
    in: inChannel,
    recent: (channelId, limit = Infinity) => inChannel(channelId).toReversed().slice(0, limit),
  };
}
