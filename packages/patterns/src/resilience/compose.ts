import type { Policy } from "@antiphon/std";
import { createPolicy, runOf, type ExtraOf, type ResiliencePolicy } from "./policy.ts";

/** Anything that runs calls: a policy of this package, or whatever else implements std's `Policy`. */
export type AnyPolicy = Policy | ResiliencePolicy<unknown>;

/** Makes one policy of several: the first is the outermost, so `compose(retry(…), timeout(…))` limits each attempt. */
export function compose<Policies extends readonly AnyPolicy[]>(
  ...policies: Policies
): ResiliencePolicy<ExtraOf<Policies[number]>> {
  const run = policies
    .map((policy) => runOf(policy as Policy))
    .reduceRight(
      (inner, outer) => (task, scope) => outer((below) => inner(task, below), scope),
      (task, scope) => task(scope),
    );
  return createPolicy(run);
}
