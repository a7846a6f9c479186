import type { CandidateContext, CandidateSource } from "./source/candidate-source.ts";
import type { Track } from "./store/play.ts";
import { blendGroup, type GroupBlend } from "./group-blend.ts";

/** A candidate with what all sources say about it. */
export interface Scored {
  readonly key: string;
  readonly track: Track;
  score: number;
  readonly reasons: { readonly text: string; readonly share: number }[];
}

/** Asks every source and adds up what they say, by key; what is excluded never comes in. */
export async function gather(
  sources: readonly CandidateSource[],
  context: CandidateContext,
  excluded: ReadonlySet<string>,
): Promise<Map<string, Scored>> {
  const scored = new Map<string, Scored>();
  const lists = await Promise.all(sources.map((source) => source.candidates(context)));
  for (const [index, source] of sources.entries()) {
    for (const { key, track, score, reason } of lists[index] ?? []) {
      if (excluded.has(key)) continue;
      const share = source.weight * score * (1 - skipPenalty(context, key));
      const entry = scored.get(key) ?? { key, track, score: 0, reasons: [] };
      entry.score += share;
      entry.reasons.push({ text: reason, share });
      scored.set(key, entry);
    }
  }
  return scored;
}

/** Asks for each listener of a group and blends the answers. */
export async function gatherForGroup(
  sources: readonly CandidateSource[],
  contexts: readonly CandidateContext[],
  excluded: ReadonlySet<string>,
  blend: GroupBlend,
): Promise<Map<string, Scored>> {
  const answers = await Promise.all(contexts.map((context) => gather(sources, context, excluded)));
  const tastes = answers.map((answer) => new Map([...answer].map(([key, { score }]) => [key, score])));
  const group = new Map<string, Scored>();
  for (const [key, score] of blendGroup(tastes, blend)) {
    const entries = answers.flatMap((answer) => answer.get(key) ?? []);
    const [first] = entries;
    if (first === undefined) continue;
    const suits = { text: `suits ${entries.length} of ${contexts.length} listeners`, share: 0 };
    const reasons = entries.flatMap((entry) => entry.reasons);
    // Of one listener alone it says nothing.
    if (contexts.length > 1) reasons.push(suits);
    group.set(key, { key, track: first.track, score, reasons });
  }
  return group;
}

/** The share of a track's plays that were skipped, pulled towards zero while there are few. */
function skipPenalty(context: CandidateContext, key: string): number {
  const summary = context.library.get(key);
  return summary === undefined ? 0 : summary.skips / (summary.plays + 1);
}
