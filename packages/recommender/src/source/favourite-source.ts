import type { CandidateSource } from "./candidate-source.ts";

/** After this long a play counts half. */
const HALF_LIFE_MS = 14 * 24 * 60 * 60_000;

/** What this community plays often and does not skip; older habits fade. */
export function favouriteSource(options: { readonly weight?: number } = {}): CandidateSource {
  return {
    name: "favourite",
    weight: options.weight ?? 0.6,
    async candidates({ library, nowMs }) {
      const strengths = [...library.values()].map((summary) => {
        const liked = Math.max(0, summary.plays - 2 * summary.skips);
        const ageMs = Math.max(0, nowMs - summary.lastPlayedAtMs);
        return { summary, strength: Math.log2(1 + liked) * 0.5 ** (ageMs / HALF_LIFE_MS) };
      });
      const strongest = Math.max(Number.MIN_VALUE, ...strengths.map(({ strength }) => strength));
      return strengths
        .filter(({ strength }) => strength > 0)
        .map(({ summary, strength }) => ({
          key: summary.key,
          track: summary.track,
          score: strength / strongest,
          reason: summary.plays === 1 ? "played here before" : `a favourite here with ${summary.plays} plays`,
        }));
    },
  };
}
