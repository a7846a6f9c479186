import { trackKey } from "../track-key.ts";
import type { CandidateSource } from "./candidate-source.ts";

/** What this community has played right after the seed: one-step sequence rules, smoothed so that a single time is weak evidence. */
export function followUpSource(options: { readonly weight?: number } = {}): CandidateSource {
  return {
    name: "followUp",
    weight: options.weight ?? 1,
    async candidates({ communityId, store, seed, library }) {
      if (seed === undefined) return [];
      const followUps = await store.followUps(communityId, trackKey(seed.artist, seed.title));
      const total = followUps.reduce((sum, { count }) => sum + count, 0);
      return followUps.flatMap(({ key, count }) => {
        const summary = library.get(key);
        if (summary === undefined) return [];
        const reason =
          count === 1 ? `played here once after ${seed.title}` : `played here ${count} times after ${seed.title}`;
        return [{ key, track: summary.track, score: count / (total + 1), reason }];
      });
    },
  };
}
