import type { Scored } from "./gather.ts";
import type { Track } from "./store/play.ts";
import { artistKey } from "./track-key.ts";

/** How alike two tracks are, from 0 to 1. */
export type Similarity = (left: Track, right: Track) => number;

/** Options of {@link chooseDiverse}. */
export interface DiversityOptions {
  readonly limit: number;
  /** The most picks of one artist. */
  readonly artistLimit: number;
  /** From 0 (score alone) to 1 (difference alone). */
  readonly diversityRatio: number;
  readonly similarity: Similarity;
}

/** The default {@link Similarity}: one artist's tracks are alike, as far as their artist has a name. */
export function sameArtistSimilarity(left: Track, right: Track): number {
  const artist = artistKey(left.artist);
  return artist !== "" && artist === artistKey(right.artist) ? 1 : 0;
}

/** Beyond this many candidates nothing is compared: they could not be picked anyway. */
const POOL_FACTOR = 20;

/**
 * Picks one after another, weighing a candidate's score against its likeness to what was picked before.
 *
 * @see Carbonell and Goldstein, "The use of MMR" (1998), maximal marginal relevance
 */
export function chooseDiverse(byScore: readonly Scored[], options: DiversityOptions): Scored[] {
  const { limit, artistLimit, diversityRatio, similarity } = options;
  const highest = Math.max(Number.MIN_VALUE, byScore[0]?.score ?? 0);
  const pool = byScore.slice(0, diversityRatio === 0 ? undefined : limit * POOL_FACTOR);
  const counts = new Map<string, number>();
  const likeness = new Map<Scored, number>();
  const picks: Scored[] = [];
  const valueOf = (candidate: Scored) =>
    (1 - diversityRatio) * (candidate.score / highest) - diversityRatio * (likeness.get(candidate) ?? 0);
  while (picks.length < limit) {
    let best: Scored | undefined;
    for (const candidate of pool) {
      const artist = artistKey(candidate.track.artist);
      // Nameless artists are not one artist.
      const isFull = artist !== "" && (counts.get(artist) ?? 0) >= artistLimit;
      if (isFull || picks.includes(candidate)) continue;
      if (best === undefined || valueOf(candidate) > valueOf(best)) best = candidate;
      // In the order of scores the first that may be picked is the best.
      if (diversityRatio === 0) break;
    }
    if (best === undefined) break;
    const pick = best;
    picks.push(pick);
    const artist = artistKey(pick.track.artist);
    counts.set(artist, (counts.get(artist) ?? 0) + 1);
    if (diversityRatio === 0) continue;
    for (const candidate of pool) {
      likeness.set(candidate, Math.max(likeness.get(candidate) ?? 0, similarity(candidate.track, pick.track)));
    }
  }
  return picks;
}
