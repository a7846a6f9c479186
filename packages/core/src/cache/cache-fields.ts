import type { CachedValues, CacheKind } from "./cached-values.ts";

/** Fields without which an entry could not be found or used; they are always kept. */
interface AlwaysKept {
  readonly guilds: "id";
  readonly channels: "id" | "guild_id";
  readonly roles: "id" | "guild_id";
  readonly members: "user" | "guild_id";
  readonly users: "id";
  readonly messages: "id" | "channel_id";
}
type SelectableKind = keyof AlwaysKept;

const alwaysKept: { readonly [Kind in SelectableKind]: readonly AlwaysKept[Kind][] } = {
  guilds: ["id"],
  channels: ["id", "guild_id"],
  roles: ["id", "guild_id"],
  members: ["user", "guild_id"],
  users: ["id"],
  messages: ["id", "channel_id"],
};

type FieldOf<Value> = Value extends unknown ? keyof Value : never;
type PickEach<Value, Name> = Value extends unknown ? Pick<Value, Name & keyof Value> : never;

/** Which fields of a kind are kept; of kinds that are left out, all. */
export type CacheFields = {
  readonly [Kind in SelectableKind]?: readonly FieldOf<CachedValues[Kind]>[] | undefined;
};

/** An entry of a kind with the fields that are kept. */
export type Cached<Fields extends CacheFields, Kind extends CacheKind> = Kind extends SelectableKind
  ? Fields[Kind] extends readonly (infer Name)[]
    ? PickEach<CachedValues[Kind], Name | AlwaysKept[Kind]>
    : CachedValues[Kind]
  : CachedValues[Kind];

/** Builds what reduces an entry to the fields that are kept; undefined when all are. */
export function createFieldPicker<Value extends object>(
  kind: CacheKind,
  fields: CacheFields,
): ((value: Value) => Value) | undefined {
  if (kind === "voiceStates") return undefined;
  const selected: readonly PropertyKey[] | undefined = fields[kind];
  if (selected === undefined) return undefined;
  const names = [...new Set([...alwaysKept[kind], ...selected])] as (keyof Value)[];
  return (value) => {
    const picked: Partial<Value> = {};
    for (const name of names) if (value[name] !== undefined) picked[name] = value[name];
    // The views' types have only the fields that are kept.
    return picked as Value;
  };
}
