import { systemClock, type Clock } from "@antiphon/std";
import { decisionChannel, type Decision } from "../diagnostics.ts";
import { listen } from "./listen.ts";
import { createRing } from "./ring.ts";

/** Options of {@link startIntrospector}. */
export interface IntrospectorOptions {
  /** As many decisions are kept; the oldest give way. Defaults to 1,000. */
  readonly limit?: number;
  readonly clock?: Clock;
}

/** A decision with its moment, in milliseconds since the Unix epoch. */
export type RecordedDecision<Kind extends Decision["kind"] = Decision["kind"]> = Extract<
  Decision,
  { readonly kind: Kind }
> & { readonly atMs: number };

/** What the decisions have in common. */
export interface DecisionPatterns {
  readonly total: number;
  readonly countByKind: Readonly<Record<Decision["kind"], number>>;
  /** How often each node was chosen. */
  readonly nodes: Readonly<Record<string, number>>;
  /** How often the next track came for which reason. */
  readonly nextReasons: Readonly<Record<string, number>>;
  /** How often each strategy of autoplay found the track; `none` when none did. */
  readonly strategies: Readonly<Record<string, number>>;
  /** The share of next tracks that came because the one before failed, hung or was refused, 0 to 1. */
  readonly failureRatio: number;
}

/** Records by itself why the client did what it did: which node, which track, why the next one. Runs until it is disposed. */
export interface Introspector extends Disposable {
  /** The latest decisions of a kind, at most `limit`, the oldest first. */
  decisions<Kind extends Decision["kind"]>(kind: Kind, limit?: number): readonly RecordedDecision<Kind>[];
  patterns(): DecisionPatterns;
}

const FAILURES: ReadonlySet<string> = new Set(["failed", "stuck", "refused", "tooManyFailures"]);

/** Starts an {@link Introspector} of this process's clients. */
export function startIntrospector(options: IntrospectorOptions = {}): Introspector {
  const { limit = 1000, clock = systemClock } = options;
  const kept = createRing<RecordedDecision>(limit);
  const subscription = listen(decisionChannel, (message) => kept.push({ ...(message as Decision), atMs: clock.now() }));
  return {
    decisions<Kind extends Decision["kind"]>(kind: Kind, latest = limit) {
      const found = kept.items().filter((each): each is RecordedDecision<Kind> => each.kind === kind);
      return found.slice(Math.max(0, found.length - latest));
    },
    patterns: () => patternsOf(kept.items()),
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

function patternsOf(decisions: readonly Decision[]): DecisionPatterns {
  const countByKind = { node: 0, next: 0, autoplay: 0 };
  const nodes: Record<string, number> = {};
  const nextReasons: Record<string, number> = {};
  const strategies: Record<string, number> = {};
  let failures = 0;
  const count = (counts: Record<string, number>, name: string) => (counts[name] = (counts[name] ?? 0) + 1);
  for (const decision of decisions) {
    countByKind[decision.kind]++;
    if (decision.kind === "node") count(nodes, decision.chosen);
    if (decision.kind === "autoplay") count(strategies, decision.strategy ?? "none");
    if (decision.kind !== "next") continue;
    count(nextReasons, decision.reason);
    if (FAILURES.has(decision.reason)) failures++;
  }
  const failureRatio = countByKind.next === 0 ? 0 : failures / countByKind.next;
  return { total: decisions.length, countByKind, nodes, nextReasons, strategies, failureRatio };
}
