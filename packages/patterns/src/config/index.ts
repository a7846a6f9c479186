export { baseConfigSchema, type BaseConfig } from "./base-config.ts";
export type { ConfigIssue } from "./check-config.ts";
export { openConfig, type ConfigEvent, type ConfigManager, type ConfigOptions } from "./config-manager.ts";
export type { ConfigPath, ValueAt } from "./config-path.ts";
export { createKeyring, isEncrypted, type Keyring } from "./keyring.ts";
export type { VariableNames } from "./variables.ts";
