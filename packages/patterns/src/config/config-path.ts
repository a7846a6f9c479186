type Leaf =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | readonly unknown[]
  | ((...parameters: never[]) => unknown);

/** The dotted paths of a configuration: `network`, `network.timeoutMs`. */
export type ConfigPath<Value> = Value extends Leaf
  ? never
  : { [Name in keyof Value & string]: Name | `${Name}.${ConfigPath<NonNullable<Value[Name]>>}` }[keyof Value & string];

/** What stands at a dotted path; with `undefined` when something on the way may be absent. */
export type ValueAt<Value, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Value
    ? ValueAt<NonNullable<Value[Head]>, Rest> | (undefined extends Value[Head] ? undefined : never)
    : never
  : Path extends keyof Value
    ? Value[Path]
    : never;

/** What stands at a path; undefined when there is nothing. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((group, name) => {
    const holds = typeof group === "object" && group !== null && Object.hasOwn(group, name);
    return holds ? (group as Readonly<Record<string, unknown>>)[name] : undefined;
  }, value);
}
