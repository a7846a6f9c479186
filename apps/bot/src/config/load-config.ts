import { openConfig, type ConfigManager } from "@antiphon/patterns/config";
import { botConfigSchema, environmentNames, type BotConfig, type BotConfigInput } from "./bot-config.ts";

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

/**
 * Reads the configuration: file, overlay (`ANTIPHON_ENV`), `.env`, variables, overrides; later ones win.
 *
 * @throws ConfigurationError with a line for each setting that does not fit, named as the person wrote it and without its value;
 * PatternsError PATTERNS_CONFIGURATION_UNREADABLE or PATTERNS_DECRYPTION_FAILED
 */
export function openBotConfig(options: BotConfigOptions = {}): Promise<ConfigManager<BotConfig>> {
  const { file, environment = process.env, dotenvFile, overrides = {} } = options;
  return openConfig({
    schema: botConfigSchema,
    baseFile: file,
    dotenvFile,
    variables: { names: environmentNames },
    environmentVariables: environment,
    // Without this group a missing token would be reported as a missing group.
    overrides: { ...overrides, discord: overrides.discord ?? {} },
  });
}
