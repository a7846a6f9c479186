export { checkPluginCode, type CheckPluginCodeOptions, type PluginFinding } from "./check-plugin-code.ts";
export type { FetchGrantOptions } from "./fetch-grant.ts";
export type { Grant, JsonValue } from "./grant.ts";
export { createPluginFirewall, type PluginFirewall } from "./plugin-firewall.ts";
export {
  createSandbox,
  type Sandbox,
  type SandboxLogLine,
  type SandboxOptions,
  type SandboxResult,
  type SandboxRunOptions,
} from "./sandbox.ts";
export { SecurityError, type SecurityErrorCode } from "../error.ts";
