import { readFile } from "node:fs/promises";
import { openConfig, type ConfigManager } from "@antiphon/patterns/config";
import { describeError } from "@antiphon/std";
import { BotError } from "../error.ts";
import { botConfigSchema, environmentNames, secretNames, type BotConfig, type BotConfigInput } from "./bot-config.ts";

/** Options of {@link openBotConfig}. */
export interface BotConfigOptions {
  /** A JSON file. An overlay for an environment lies beside it: `bot.production.json` beside `bot.json`. */
  readonly file?: string | undefined;
  /** Variables, which win over files. Defaults to this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A file of variables, which may be missing. */
  readonly dotenvFile?: string | undefined;
  /** Values that win over everything, for a configuration that is built in code. */
  readonly overrides?: Partial<BotConfigInput>;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables, with what the files hold that stand in `DISCORD_TOKEN_FILE` and its like: so a secret is in no process list. */
async function withSecrets(environment: Variables): Promise<Variables> {
  const files = secretNames.map((name) => [name, environment[`${name}_FILE`]] as const);
  const secrets: [string, string][] = [];
  for (const [name, file] of files) {
    if (file === undefined || file === "") continue;
    if (environment[name] !== undefined)
      throw new BotError("BOT_SECRET_UNREADABLE", `Both ${name} and ${name}_FILE are set. Leave one of them out.`);
    try {
      secrets.push([name, (await readFile(file, "utf8")).trim()]);
    } catch (cause) {
      const message = `${name}_FILE: ${file} cannot be read: ${describeError(cause)}.`;
      throw new BotError("BOT_SECRET_UNREADABLE", message, { cause });
    }
  }
  return { ...environment, ...Object.fromEntries(secrets) };
}

/**
 * Reads the configuration: file, overlay (`ANTIPHON_ENV`), `.env`, variables, overrides; later ones win.
 *
 * @throws ConfigurationError with a line for each setting that does not fit, named as the person wrote it and without its value;
 * PatternsError PATTERNS_CONFIGURATION_UNREADABLE or PATTERNS_DECRYPTION_FAILED; BotError BOT_SECRET_UNREADABLE
 */
export async function openBotConfig(options: BotConfigOptions = {}): Promise<ConfigManager<BotConfig>> {
  const { file, environment = process.env, dotenvFile, overrides = {} } = options;
  return openConfig({
    schema: botConfigSchema,
    baseFile: file,
    dotenvFile,
    variables: { names: environmentNames },
    environmentVariables: await withSecrets(environment),
    // Without this group a missing token would be reported as a missing group.
    overrides: { ...overrides, discord: overrides.discord ?? {} },
  });
}
