import { PatternsError } from "../error.ts";

/** What the order of services follows from. */
export interface ServiceNode {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/**
 * The services in an order in which each comes after what it depends on, otherwise as they were registered.
 *
 * @throws PatternsError PATTERNS_SERVICE_NOT_REGISTERED or PATTERNS_DEPENDENCY_CYCLE
 */
export function orderServices<Node extends ServiceNode>(services: ReadonlyMap<string, Node>): readonly Node[] {
  const ordered = new Set<Node>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name];
      const message = `These services need each other: ${cycle.join(" > ")}.`;
      throw new PatternsError("PATTERNS_DEPENDENCY_CYCLE", message, { details: { cycle } });
    }
    const service = services.get(name);
    if (service === undefined) {
      const message = `There is no service "${name}", which ${path.join(" > ")} depends on.`;
      throw new PatternsError("PATTERNS_SERVICE_NOT_REGISTERED", message, { details: { service: name } });
    }
    if (ordered.has(service)) return;
    for (const dependency of service.dependsOn) visit(dependency, [...path, name]);
    ordered.add(service);
  };
  for (const name of services.keys()) visit(name, []);
  return [...ordered];
}
