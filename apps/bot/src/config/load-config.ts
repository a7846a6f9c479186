import { readFile } from "node:fs/promises";
import { describeError } from "@antiphon/std";
import { BotError } from "../error.ts";
import { botConfigSchema, environmentNames, type BotConfig } from "./bot-config.ts";

type Fields = { [name: string]: unknown };

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions {
  /** A JSON file; environment variables win over it. */
  readonly file?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the configuration from a JSON file and the environment.
 *
 * @throws BotError BOT_CONFIG_UNREADABLE when the file is missing or no JSON; BOT_CONFIG_INVALID with a line for each field that is
 * wrong, named as the person wrote it, without its value
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<BotConfig> {
  const { file, environment = process.env } = options;
  // Without this group a missing token would be reported as a missing group.
  const fields: Fields = { discord: {}, ...(file === undefined ? {} : await readConfigFile(file)) };
  const setBy = new Map<string, string>();
  for (const [variable, path] of Object.entries(environmentNames)) {
    const value = environment[variable];
    if (value === undefined || value === "") continue;
    setField(fields, path.split("."), value);
    setBy.set(path, variable);
  }
  return parseConfig(
    fields,
    (path) => setBy.get(path) ?? (file === undefined ? variableFor(path) : `${path} in ${file}`),
  );
}

/** Checks a configuration that was built in code. @throws BotError BOT_CONFIG_INVALID */
export function parseConfig(fields: unknown, nameOf: (path: string) => string = (path) => path): BotConfig {
  const result = botConfigSchema.safeParse(fields);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${nameOf(issue.path.join("."))}: ${issue.message}`);
  throw new BotError("BOT_CONFIG_INVALID", `The configuration does not fit:\n${lines.join("\n")}`);
}

function variableFor(path: string): string {
  return Object.entries(environmentNames).find(([, target]) => target === path)?.[0] ?? path;
}

async function readConfigFile(file: string): Promise<Fields> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new BotError("BOT_CONFIG_UNREADABLE", `Cannot read the configuration ${file}: ${describeError(error)}.`, {
      cause: error,
    });
  }
  throw new BotError("BOT_CONFIG_UNREADABLE", `The configuration ${file} must be a JSON object.`);
}

function setField(fields: Fields, [name = "", ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) {
    fields[name] = value;
    return;
  }
  const group = fields[name];
  const inner: Fields = typeof group === "object" && group !== null ? { ...group } : {};
  setField(inner, rest, value);
  fields[name] = inner;
}
