import type { GuildId } from "@antiphon/protocol/discord";
import type { Random } from "@antiphon/std";
import type { LoadResult } from "../load.ts";
import type { Track } from "../track.ts";

/** A track that could come next. */
export interface AutoplayCandidate {
  readonly track: Track;
  /** How well it fits, 0 to 1. */
  readonly relevance: number;
  /** Why, in words for people: `by the same artist`. */
  readonly reason: string;
}

/** What strategies and scorers know. */
export interface AutoplayContext {
  readonly guildId: GuildId;
  /** What played last. */
  readonly seed: Track;
  /** What was played, the latest first; the seed is the first. */
  readonly history: readonly Track[];
  readonly random: Random;
  readonly signal: AbortSignal | undefined;
  /** Asks a node for what an identifier leads to. */
  load(identifier: string): Promise<LoadResult>;
}

/** A way of finding what could come next. One that finds nothing gives an empty list; one that fails is passed over. */
export interface AutoplayStrategy {
  suggest(context: AutoplayContext): Promise<readonly AutoplayCandidate[]>;
}

/** An opinion on a candidate: a factor of its relevance, 0 (never) and up; 1 is none. */
export interface AutoplayScorer {
  score(candidate: AutoplayCandidate, context: AutoplayContext): number;
}

/** The tracks of a load result, whatever its kind. */
export function tracksOf(result: LoadResult): readonly Track[] {
  switch (result.type) {
    case "track":
      return [result.track];
    case "playlist":
    case "search":
      return result.tracks;
    case "empty":
    case "error":
      return [];
  }
}

/** Candidates whose relevance falls with their rank, from 1 towards 0.5. */
export function ranked(tracks: readonly Track[], reason: string): readonly AutoplayCandidate[] {
  return tracks.map((track, index) => ({ track, relevance: 1 - (0.5 * index) / tracks.length, reason }));
}
