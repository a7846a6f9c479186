/** How the tastes of several listeners become one: by their mean, by the least pleased, or by taking turns. */
export type GroupBlend = "average" | "leastMisery" | "roundRobin";

/** How much the mean still counts beside the least pleased, so that ties among them are decided. */
const MEAN_SHARE = 0.1;

/**
 * Blends scores by key, one map for each listener, into one score by key from 0 to 1. Each listener's own scores are brought to the
 * same height first, so that nobody is louder; a track that a listener's map lacks pleases that listener not at all.
 */
export function blendGroup(tastes: readonly ReadonlyMap<string, number>[], blend: GroupBlend): Map<string, number> {
  const levelled = tastes.map(toLevel);
  const keys = new Set(levelled.flatMap((taste) => [...taste.keys()]));
  if (blend === "roundRobin") return takeTurns(levelled, keys.size);
  const blended = new Map<string, number>();
  for (const key of keys) {
    const scores = levelled.map((taste) => taste.get(key) ?? 0);
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    blended.set(key, blend === "average" ? mean : (1 - MEAN_SHARE) * Math.min(...scores) + MEAN_SHARE * mean);
  }
  return blended;
}

function toLevel(taste: ReadonlyMap<string, number>): Map<string, number> {
  const highest = Math.max(0, ...taste.values());
  return new Map([...taste].map(([key, score]) => [key, highest === 0 ? 0 : Math.max(0, score) / highest]));
}

/** Each listener in turn gets their best that nobody has got; the earlier, the higher the score. */
function takeTurns(tastes: readonly ReadonlyMap<string, number>[], count: number): Map<string, number> {
  const wishes = tastes.map((taste) => [...taste].sort(([, left], [, right]) => right - left).map(([key]) => key));
  const next = wishes.map(() => 0);
  const blended = new Map<string, number>();
  while (blended.size < count) {
    for (const [listener, wish] of wishes.entries()) {
      while (blended.has(wish[next[listener] as number] ?? "")) next[listener] = (next[listener] as number) + 1;
      const key = wish[next[listener] as number];
      if (key !== undefined) blended.set(key, 1 - blended.size / count);
    }
  }
  return blended;
}
