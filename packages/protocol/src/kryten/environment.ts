import { KrytenError } from "./error.ts";

/**
 * Replaces each `${NAME}` in the texts of a parsed JSON or YAML value, at any depth. Keys stay as they are.
 *
 * @throws KrytenError KRYTEN_CONFIG_VARIABLE_UNSET that names the variable and where it stands
 */
export function substituteEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path = "configuration",
): unknown {
  if (typeof value === "string") {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (found !== undefined) return found;
      throw new KrytenError(
        "KRYTEN_CONFIG_VARIABLE_UNSET",
        `${path} needs the environment variable ${name}, which is not set.`,
      );
    });
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => substituteEnvironment(item, environment, `${path}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, substituteEnvironment(item, environment, `${path}.${key}`)]),
  );
}
