import { SecurityError } from "../error.ts";
import { checkPluginCode, type PluginFinding } from "./check-plugin-code.ts";
import { createSandbox, type Sandbox, type SandboxOptions } from "./sandbox.ts";

/** Guards the execution of plugin code that nobody vouches for. */
export interface PluginFirewall {
  /** The modules that plugins may import. */
  readonly allowedModules: readonly string[];
  /** What a look at the code found, as findings with their lines; nothing is run. */
  inspectCode(code: string): readonly PluginFinding[];
  /** The same as readable lines, each once: `Blocked function call: system`. */
  validateCode(code: string): readonly string[];
  /** Adds a module to those that plugins may import, in sandboxes made from now on. */
  allowModule(name: string, source: string): void;
  /** Makes a sandbox with the firewall's options and modules. */
  createSandbox(): Sandbox;
}

/**
 * Builds a {@link PluginFirewall}. Its findings are for people to read; what holds a plugin is the sandbox alone.
 *
 * @throws SecurityError SECURITY_INVALID_ARGUMENT
 */
export function createPluginFirewall(options: SandboxOptions = {}): PluginFirewall {
  const { maximumSourceLength = 262_144 } = options;
  const modules = new Map(Object.entries(options.modules ?? {}));
  const inspectCode = (code: string) => {
    if (code.length > maximumSourceLength) {
      const message = `The code has ${code.length} characters; ${maximumSourceLength} are allowed.`;
      throw new SecurityError("SECURITY_SANDBOX_TOO_LARGE", message);
    }
    return checkPluginCode(code, { allowedModules: modules.keys() });
  };
  return {
    get allowedModules() {
      return [...modules.keys()];
    },
    inspectCode,
    validateCode: (code) => [...new Set(inspectCode(code).map(({ message }) => message))],
    allowModule: (name, source) => void modules.set(name, source),
    createSandbox: () => createSandbox({ ...options, modules: Object.fromEntries(modules) }),
  };
}
