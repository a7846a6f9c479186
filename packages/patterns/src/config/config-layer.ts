/** A configuration's values before they are checked. */
export interface ConfigTree {
  [name: string]: unknown;
}

/** Values from one place. */
export interface ConfigLayer {
  readonly values: ConfigTree;
  /** What a person calls the place of a path: a file, or a variable. */
  sourceOf(path: string): string;
  /** Whether its values are text that stands for something else, as variables are. */
  readonly isText: boolean;
}

/** Where each leaf came from. */
export interface MergedConfig {
  readonly values: ConfigTree;
  readonly origins: ReadonlyMap<string, ConfigLayer>;
}

/** Whether a value is a group of further values. */
export function isGroup(value: unknown): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Later layers win; groups are merged, everything else is replaced. */
export function mergeLayers(layers: readonly ConfigLayer[]): MergedConfig {
  const origins = new Map<string, ConfigLayer>();
  const merge = (target: ConfigTree, layer: ConfigLayer, source: ConfigTree, prefix: string): ConfigTree => {
    const merged = { ...target };
    for (const [name, value] of Object.entries(source)) {
      // Assigned, it would become the object's prototype.
      if (name === "__proto__") continue;
      const path = `${prefix}${name}`;
      const before = merged[name];
      if (isGroup(value)) merged[name] = merge(isGroup(before) ? before : {}, layer, value, `${path}.`);
      else merged[name] = value;
      if (!isGroup(value) || !isGroup(before)) origins.set(path, layer);
    }
    return merged;
  };
  const values = layers.reduce<ConfigTree>((before, layer) => merge(before, layer, layer.values, ""), {});
  return { values, origins };
}

/** A copy with another value at a path, whose groups need not exist. */
export function withValue(tree: ConfigTree, [name = "", ...rest]: readonly string[], value: unknown): ConfigTree {
  const inner = tree[name];
  return { ...tree, [name]: rest.length === 0 ? value : withValue(isGroup(inner) ? inner : {}, rest, value) };
}

/** Every leaf of a tree, with its path. */
export function* leavesOf(tree: ConfigTree, prefix: readonly string[] = []): Generator<readonly [string[], unknown]> {
  for (const [name, value] of Object.entries(tree)) {
    if (isGroup(value)) yield* leavesOf(value, [...prefix, name]);
    else yield [[...prefix, name], value];
  }
}
