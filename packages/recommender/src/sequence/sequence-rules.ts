import type { Sessions } from "./listened.ts";

/** Options of {@link sequenceRules}. */
export interface SequenceRuleOptions {
  /** How many of the latest tracks speak, the n-th with a weight of 1/n. Defaults to 3. */
  readonly depth?: number;
  /** How far behind a track its followers are looked for, the n-th with a weight of 1/n. Defaults to 3. */
  readonly reach?: number;
  /** Occurrences that are added to each track's count, so that a single time is weak evidence. Defaults to 1. */
  readonly smoothing?: number;
}

/**
 * What followed the latest tracks (`tail`, newest last), by rules from past sessions.
 *
 * @see Ludewig and Jannach, "Evaluation of session-based recommendation algorithms" (2018), rules SR
 */
export function sequenceRules(
  sessions: Sessions,
  tail: readonly string[],
  options: SequenceRuleOptions = {},
): Map<string, number> {
  const { depth = 3, reach = 3, smoothing = 1 } = options;
  const weights = new Map<string, number>();
  for (const [age, key] of tail.slice(-depth).toReversed().entries()) {
    if (!weights.has(key)) weights.set(key, 1 / (age + 1));
  }
  const supports = new Map<string, number>();
  const followers = new Map<string, Map<string, number>>();
  for (const session of sessions) {
    for (const [place, { key }] of session.entries()) {
      if (!weights.has(key)) continue;
      supports.set(key, (supports.get(key) ?? 0) + 1);
      const counts = followers.get(key) ?? new Map<string, number>();
      followers.set(key, counts);
      for (let distance = 1; distance <= reach; distance++) {
        const follower = session[place + distance]?.key;
        if (follower !== undefined && follower !== key)
          counts.set(follower, (counts.get(follower) ?? 0) + 1 / distance);
      }
    }
  }
  const scores = new Map<string, number>();
  for (const [key, counts] of followers) {
    const share = (weights.get(key) ?? 0) / ((supports.get(key) ?? 0) + smoothing);
    for (const [follower, count] of counts) scores.set(follower, (scores.get(follower) ?? 0) + share * count);
  }
  return scores;
}
