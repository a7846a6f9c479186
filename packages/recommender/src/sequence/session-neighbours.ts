import type { Listened, Sessions } from "./listened.ts";

/** Options of {@link sessionNeighbours}. */
export interface SessionNeighbourOptions {
  /** How many similar sessions speak. Defaults to 100. */
  readonly neighbours?: number;
  /** How many of the latest tracks are compared. Defaults to 10. */
  readonly depth?: number;
}

/**
 * What was heard in the sessions most like this one (`tail`, newest last); later tracks of the tail count more.
 *
 * @see Ludewig and Jannach, "Evaluation of session-based recommendation algorithms" (2018), V-SKNN
 */
export function sessionNeighbours(
  sessions: Sessions,
  tail: readonly string[],
  options: SessionNeighbourOptions = {},
): Map<string, number> {
  const { neighbours = 100, depth = 10 } = options;
  const latest = tail.slice(-depth);
  const weights = new Map(latest.map((key, place) => [key, (place + 1) / latest.length]));
  const frequencies = frequenciesOf(sessions);
  const rarity = (key: string) => Math.log((sessions.length + 1) / (frequencies.get(key) ?? 1));
  const similar = sessions
    .map((session) => ({ session, similarity: similarityOf(session, weights, rarity) }))
    .filter(({ similarity }) => similarity > 0)
    .sort((left, right) => right.similarity - left.similarity)
    .slice(0, neighbours);
  const scores = new Map<string, number>();
  for (const { session, similarity } of similar) {
    const meeting = Math.max(...session.map(({ key }) => weights.get(key) ?? 0));
    for (const key of new Set(session.map((listened) => listened.key))) {
      if (weights.has(key)) continue;
      scores.set(key, (scores.get(key) ?? 0) + similarity * meeting * rarity(key));
    }
  }
  return scores;
}

function frequenciesOf(sessions: Sessions): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const session of sessions) {
    for (const key of new Set(session.map((listened) => listened.key))) {
      frequencies.set(key, (frequencies.get(key) ?? 0) + 1);
    }
  }
  return frequencies;
}

function similarityOf(
  session: readonly Listened[],
  weights: ReadonlyMap<string, number>,
  rarity: (key: string) => number,
): number {
  let sum = 0;
  const seen = new Set<string>();
  for (const { key } of session) {
    const weight = weights.get(key);
    if (weight === undefined || seen.has(key)) continue;
    seen.add(key);
    sum += weight * rarity(key);
  }
  return sum / Math.sqrt(session.length);
}
