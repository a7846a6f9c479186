import { toDisposable } from "@antiphon/std";

/**
 * Sets environment variables of this process until disposed, and then restores what was there; undefined removes one. Prefer to pass
 * variables to what is tested: this is for code that reads them itself.
 */
export function createTestEnvironment(variables: Readonly<Record<string, string | undefined>>): Disposable {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  const set = ([name, value]: readonly [string, string | undefined]) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  Object.entries(variables).forEach(set);
  return toDisposable(() => before.forEach(set));
}
