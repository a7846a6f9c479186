import { defineBench } from "@antiphon/bench";
import { compose, createCircuitBreaker, retry, timeout } from "@antiphon/patterns/resilience";
import * as cockatiel from "cockatiel";

const CALLS = 2000;
const DURATION_MS = 5000;

const ours = compose(retry({ maxAttempts: 3 }), createCircuitBreaker(), timeout({ durationMs: DURATION_MS }));
const theirs = cockatiel.wrap(
  cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
  cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 30_000,
    breaker: new cockatiel.ConsecutiveBreaker(5),
  }),
  cockatiel.timeout(DURATION_MS, cockatiel.TimeoutStrategy.Aggressive),
);

const noop = async () => 1;

async function callAll(policy: { execute(task: () => Promise<number>): Promise<number> }): Promise<void> {
  for (let call = 0; call < CALLS; call++) await policy.execute(noop);
}

/** What the policies cost a call that succeeds. */
export const composed = defineBench({
  name: "compose(retry, breaker, timeout) around an async no-op",
  unit: "µs CPU/op",
  subject: { name: "compose", operationsPerRun: CALLS, run: () => callAll(ours) },
  rival: { name: "cockatiel wrap", version: "4.0.0", operationsPerRun: CALLS, run: () => callAll(theirs) },
  bar: { atMostTimesRival: 0.1 },
});
