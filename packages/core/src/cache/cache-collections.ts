import type { Clock } from "@antiphon/std";
import type { CachedValues, CacheKind } from "./cached-values.ts";
import { createCacheCollection, type CacheCollection, type CollectionChange } from "./cache-collection.ts";
import { createFieldPicker, type CacheFields } from "./cache-fields.ts";
import { ObjectShelf, type CacheShelf } from "./cache-shelf.ts";
import { PackedShelf, type PackedFormat } from "./packed-shelf.ts";
import { RecordCodec } from "./record-codec.ts";
import { recordSchemas, type PackableKind } from "./record-schemas.ts";

/** How many of each kind are kept; 0 keeps none. */
export interface CacheLimits {
  /** Defaults to 10,000. */
  readonly guilds?: number | undefined;
  /** Channels and threads. Defaults to 100,000. */
  readonly channels?: number | undefined;
  /** Defaults to 100,000. */
  readonly roles?: number | undefined;
  /** Defaults to 100,000. */
  readonly members?: number | undefined;
  /** Defaults to 100,000. */
  readonly users?: number | undefined;
  /** Defaults to 100,000. */
  readonly voiceStates?: number | undefined;
  /** Messages in all channels together. Defaults to 20,000. */
  readonly messages?: number | undefined;
  /** Messages of one channel. Defaults to 100. */
  readonly messagesPerChannel?: number | undefined;
  /** Entries of all kinds together; the kind that has the most gives way. Unlimited when left out. */
  readonly items?: number | undefined;
  /** Memory of all entries together, estimated, in bytes; the kind that takes the most gives way. Unlimited when left out. */
  readonly sizeBytes?: number | undefined;
}

/** How the entries of a kind are kept: as the objects that they are, or packed into bytes, of which each read makes a new object. */
export type CacheStorage = "objects" | "packed";

/** Options of {@link createCacheCollections}. */
export interface CacheCollectionsOptions {
  readonly limits: CacheLimits;
  readonly storage: { readonly [Kind in PackableKind]?: CacheStorage | undefined };
  readonly fields: CacheFields;
  readonly ttlMs: { readonly [Kind in CacheKind]?: number | undefined };
  readonly clock: Clock;
  readonly onChange: ((kind: CacheKind, change: CollectionChange) => void) | undefined;
}

/** The writable side of the cache. */
export type CacheCollections = {
  readonly [Kind in CacheKind]: CacheCollection<CachedValues[Kind]>;
};

/** The limits that hold where none is given. */
const defaultCacheLimits = {
  guilds: 10_000,
  channels: 100_000,
  roles: 100_000,
  members: 100_000,
  users: 100_000,
  voiceStates: 100_000,
  messages: 20_000,
  messagesPerChannel: 100,
} as const satisfies CacheLimits;

/** The fields that the place of an entry tells. */
type Place = (group: string, id: string) => Record<string, unknown>;
const places: Readonly<Record<PackableKind, { readonly fields: readonly string[]; readonly of: Place }>> = {
  users: { fields: ["id"], of: (_group, id) => ({ id }) },
  members: { fields: ["guild_id"], of: (group) => ({ guild_id: group }) },
  messages: { fields: ["id", "channel_id"], of: (group, id) => ({ id, channel_id: group }) },
  channels: { fields: ["id", "guild_id"], of: (group, id) => (group === "" ? { id } : { id, guild_id: group }) },
  roles: { fields: ["id", "guild_id"], of: (group, id) => ({ id, guild_id: group }) },
};

function packedShelves<Value extends object>(kind: PackableKind, leftOut: readonly string[]) {
  const place = places[kind];
  const codec = new RecordCodec(recordSchemas[kind], [...place.fields, ...leftOut]);
  return (group: string): CacheShelf<Value> => {
    const format: PackedFormat<Value> = {
      write: (writer, value) => codec.write(writer, value),
      // What was written was a Value, and nothing of it is lost.
      read: (reader, id) => codec.read(reader, place.of(group, id)) as Value,
    };
    return new PackedShelf(format);
  };
}

/** Builds the collections of all kinds; `onGrow` is called whenever an entry came in. */
export function createCacheCollections(options: CacheCollectionsOptions, onGrow: () => void): CacheCollections {
  const { limits, storage, fields, ttlMs, clock, onChange } = options;
  const limitOf = (kind: CacheKind) => limits[kind] ?? defaultCacheLimits[kind];
  const build = <Kind extends CacheKind>(
    kind: Kind,
    isFlat: boolean,
    createShelf: (group: string) => CacheShelf<CachedValues[Kind]> = () => new ObjectShelf(),
  ) =>
    createCacheCollection<CachedValues[Kind]>({
      limit: limitOf(kind),
      groupLimit:
        kind === "messages" ? (limits.messagesPerChannel ?? defaultCacheLimits.messagesPerChannel) : undefined,
      ttlMs: ttlMs[kind],
      isFlat,
      createShelf,
      pick: createFieldPicker<CachedValues[Kind]>(kind, fields),
      clock,
      onGrow,
      onChange: onChange && ((change) => onChange(kind, change)),
    });
  const shelves = <Kind extends PackableKind>(kind: Kind, standard: CacheStorage, leftOut: readonly string[] = []) =>
    (storage[kind] ?? standard) === "packed" ? packedShelves<CachedValues[Kind]>(kind, leftOut) : undefined;
  // A packed member's user is among the users, as long as these are kept.
  const leftOut = limitOf("users") > 0 ? ["user"] : [];
  return {
    guilds: build("guilds", true),
    channels: build("channels", true, shelves("channels", "objects")),
    roles: build("roles", true, shelves("roles", "objects")),
    members: build("members", false, shelves("members", "packed", leftOut)),
    users: build("users", true, shelves("users", "packed")),
    voiceStates: build("voiceStates", false),
    messages: build("messages", false, shelves("messages", "packed")),
  };
}
