import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { parse as parseYaml } from "yaml";
import { describeError } from "@antiphon/std";
import { parseKrytenConfig, substituteEnvironment, type KrytenConfig } from "@antiphon/protocol/kryten";
import { BridgeError } from "../error.ts";

/**
 * Reads a configuration from a `.json`, `.yaml` or `.yml` file, with `${NAME}` replaced from the environment.
 *
 * @throws BridgeError BRIDGE_CONFIG_UNREADABLE; KrytenError KRYTEN_CONFIG_INVALID, KRYTEN_CONFIG_VARIABLE_UNSET
 */
export async function loadKrytenConfig(
  path: string,
  options: { readonly environment?: Readonly<Record<string, string | undefined>> } = {},
): Promise<KrytenConfig> {
  const { environment = process.env } = options;
  return parseKrytenConfig(substituteEnvironment(await readConfigFile(path), environment));
}

/**
 * The value of a `.json`, `.yaml` or `.yml` file.
 *
 * @throws BridgeError BRIDGE_CONFIG_UNREADABLE
 */
export async function readConfigFile(path: string): Promise<unknown> {
  try {
    const text = await readFile(path, "utf8");
    const extension = extname(path).toLowerCase();
    if (extension === ".yaml" || extension === ".yml") return parseYaml(text);
    if (extension === ".json") return JSON.parse(text);
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG_UNREADABLE", `Cannot read ${path}: ${describeError(cause)}.`, { cause });
  }
  throw new BridgeError("BRIDGE_CONFIG_UNREADABLE", `${path} is neither .json nor .yaml nor .yml.`);
}
