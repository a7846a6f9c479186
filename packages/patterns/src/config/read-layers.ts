import { readFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { parseEnv } from "node:util";
import { describeError } from "@antiphon/std";
import { PatternsError } from "../error.ts";
import {
  isGroup,
  leavesOf,
  mergeLayers,
  withValue,
  type ConfigLayer,
  type ConfigTree,
  type MergedConfig,
} from "./config-layer.ts";
import { createKeyring, isEncrypted, type Keyring } from "./keyring.ts";
import { readVariables, type VariableNames } from "./variables.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Where the values of a configuration come from; later ones win: base file, overlay, `.env`, variables, overrides. */
export interface ConfigPlaces {
  readonly baseFile: string | undefined;
  readonly environment: string | undefined;
  readonly dotenvFile: string | undefined;
  readonly variables: VariableNames;
  readonly environmentVariables: Variables;
  readonly encryptionKeys: readonly string[] | undefined;
  readonly overrides: ConfigTree;
}

/** The file of an environment beside the base file: `config/base.json` and `production` give `config/base.production.json`. */
export function overlayFile(baseFile: string, environment: string): string {
  // The name comes from a variable, and must not lead out of the folder.
  if (!/^[\w-]{1,64}$/.test(environment)) {
    const message = `The environment "${environment}" must be letters, digits, - and _, at most 64.`;
    throw new PatternsError("PATTERNS_INVALID_ARGUMENT", message);
  }
  const { dir, name, ext } = parse(baseFile);
  return join(dir, `${name}.${environment}${ext}`);
}

function unreadable(file: string, reason: string, cause?: unknown): PatternsError {
  return new PatternsError("PATTERNS_CONFIGURATION_UNREADABLE", `Cannot read the configuration ${file}: ${reason}.`, {
    cause,
  });
}

async function readText(file: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (mayBeMissing && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(file, describeError(error), error);
  }
}

function parseTree(text: string, file: string): ConfigTree {
  try {
    const value: unknown = JSON.parse(text);
    if (isGroup(value)) return value;
  } catch (error) {
    throw unreadable(file, describeError(error), error);
  }
  throw unreadable(file, "it must hold a JSON object");
}

async function readLayer(file: string, mayBeMissing: boolean, keyring: () => Keyring): Promise<ConfigLayer> {
  const text = await readText(file, mayBeMissing);
  const clear = text !== undefined && isEncrypted(text) ? await decryptAt(keyring, text, file) : text;
  const values = clear === undefined ? {} : parseTree(clear, file);
  return { values, isText: false, sourceOf: () => file };
}

async function decryptAt(keyring: () => Keyring, encrypted: string, place: string): Promise<string> {
  try {
    return await keyring().decrypt(encrypted);
  } catch (error) {
    throw new PatternsError("PATTERNS_DECRYPTION_FAILED", `${place}: ${describeError(error)}`, { cause: error });
  }
}

function keyringOf({ encryptionKeys, environmentVariables }: ConfigPlaces, dotenv: Variables): () => Keyring {
  let known: Keyring | undefined;
  const fromVariables = () =>
    ["ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS"]
      .map((name) => environmentVariables[name] ?? dotenv[name])
      .filter((key) => key !== undefined && key !== "");
  return () => {
    const keys = encryptionKeys ?? (fromVariables() as readonly string[]);
    if (keys.length > 0) return (known ??= createKeyring(keys));
    throw new PatternsError("PATTERNS_DECRYPTION_FAILED", "There is no key to decrypt it with. Set ENCRYPTION_KEY.");
  };
}

async function decryptValues(merged: MergedConfig, keyring: () => Keyring): Promise<MergedConfig> {
  let { values } = merged;
  for (const [path, value] of leavesOf(values)) {
    if (typeof value !== "string" || !isEncrypted(value)) continue;
    const key = path.join(".");
    const place = `${key} (${merged.origins.get(key)?.sourceOf(key) ?? "override"})`;
    values = withValue(values, path, await decryptAt(keyring, value, place));
  }
  return { ...merged, values };
}

/** Reads every place and merges what they say, decrypted. */
export async function readLayers(places: ConfigPlaces): Promise<MergedConfig> {
  const { baseFile, environment, dotenvFile, variables, environmentVariables, overrides } = places;
  const dotenvText = dotenvFile === undefined ? undefined : await readText(dotenvFile, true);
  const dotenv = dotenvText === undefined ? {} : parseEnv(dotenvText);
  const keyring = keyringOf(places, dotenv);
  const layers: ConfigLayer[] = [];
  if (baseFile !== undefined) {
    layers.push(await readLayer(baseFile, false, keyring));
    if (environment !== undefined) layers.push(await readLayer(overlayFile(baseFile, environment), true, keyring));
  }
  layers.push(readVariables(dotenv, variables, dotenvFile ?? ".env"));
  layers.push(readVariables(environmentVariables, variables, "the environment"));
  layers.push({ values: overrides, isText: false, sourceOf: () => "overrides" });
  return decryptValues(mergeLayers(layers), keyring);
}
