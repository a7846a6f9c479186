import { PatternsError } from "../error.ts";
import type { Provider } from "./registration.ts";
import type { AnyToken } from "./token.ts";

const nameOf = ({ name }: AnyToken) => name;

/** What is wrong with a set of registrations: what is missing, what lives too short, and what needs itself. */
export function dependencyProblems(providers: ReadonlyMap<AnyToken, Provider>): readonly PatternsError[] {
  const problems: PatternsError[] = [];
  const done = new Set<AnyToken>();
  const visit = (token: AnyToken, path: readonly AnyToken[]): void => {
    if (path.includes(token)) {
      const cycle = [...path.slice(path.indexOf(token)), token].map(nameOf);
      const message = `These services need each other: ${cycle.join(" > ")}.`;
      problems.push(new PatternsError("PATTERNS_DEPENDENCY_CYCLE", message, { details: { cycle } }));
      return;
    }
    if (done.has(token)) return;
    const provider = providers.get(token);
    if (provider === undefined) {
      const message = `There is no service "${token.name}", which ${path.map(nameOf).join(" > ")} needs.`;
      problems.push(
        new PatternsError("PATTERNS_SERVICE_NOT_REGISTERED", message, { details: { service: token.name } }),
      );
      return;
    }
    for (const dependency of provider.dependencies) {
      const lifetime = providers.get(dependency)?.lifetime;
      if (provider.lifetime === "singleton" && lifetime === "scoped") {
        const message = `The singleton "${token.name}" needs "${dependency.name}", which lives for one scope only.`;
        problems.push(new PatternsError("PATTERNS_SCOPE_MISMATCH", message));
      }
      visit(dependency, [...path, token]);
    }
    done.add(token);
  };
  for (const token of providers.keys()) visit(token, []);
  return problems;
}
