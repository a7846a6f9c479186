import { withValue, type ConfigLayer, type ConfigTree } from "./config-layer.ts";

/** How environment variables name configuration values. */
export interface VariableNames {
  /** Takes every variable that begins so: with `APP_`, `APP_NETWORK__TIMEOUT_MS` sets `network.timeoutMs`. `APP_ENV` is the environment's name. */
  readonly prefix?: string | undefined;
  /** Single variables and the dotted path that each sets. */
  readonly names?: Readonly<Record<string, string>> | undefined;
}

/** `NETWORK__TIMEOUT_MS` as `network.timeoutMs`. */
function pathOfVariable(text: string): string {
  const camel = (part: string) =>
    part.toLowerCase().replaceAll(/_([a-z\d])/g, (_match, letter: string) => letter.toUpperCase());
  return text.split("__").map(camel).join(".");
}

function pathFor(variable: string, { prefix, names = {} }: VariableNames): string | undefined {
  if (Object.hasOwn(names, variable)) return names[variable];
  if (prefix === undefined || !variable.startsWith(prefix) || variable === `${prefix}ENV`) return undefined;
  const path = pathOfVariable(variable.slice(prefix.length));
  return path === "" || path.split(".").includes("") ? undefined : path;
}

/** The values that variables set; an empty variable counts as not set. */
export function readVariables(
  variables: Readonly<Record<string, string | undefined>>,
  names: VariableNames,
  place: string,
): ConfigLayer {
  const variableOf = new Map<string, string>();
  let values: ConfigTree = {};
  for (const [variable, text] of Object.entries(variables)) {
    const path = text === undefined || text === "" ? undefined : pathFor(variable, names);
    if (path === undefined) continue;
    values = withValue(values, path.split("."), text);
    variableOf.set(path, variable);
  }
  return { values, isText: true, sourceOf: (path) => `${variableOf.get(path) ?? path} in ${place}` };
}

/** What a variable's text stands for where the schema wants another type; the text itself when it stands for none. */
export function convertText(text: string, expected: string): unknown {
  if (expected === "number" || expected === "int")
    return /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  if (expected === "boolean") {
    if (/^(?:true|1|yes|on)$/i.test(text)) return true;
    return /^(?:false|0|no|off)$/i.test(text) ? false : text;
  }
  if (expected !== "array" && expected !== "object" && expected !== "record") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A list is also written without brackets: `console,file`.
    return expected === "array" ? text.split(",").map((item) => item.trim()) : text;
  }
}
