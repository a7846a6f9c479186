import { trackKey } from "../track-key.ts";
import type { CandidateSource } from "./candidate-source.ts";

/** Tracks that nobody here has heard yet. */
export function discoverySource(options: { readonly weight?: number } = {}): CandidateSource {
  return {
    name: "discovery",
    weight: options.weight ?? 0.2,
    async candidates({ library, discoverable }) {
      return discoverable
        .map((track) => ({ key: trackKey(track.artist, track.title), track, score: 1, reason: "not heard here yet" }))
        .filter(({ key }) => !library.has(key));
    },
  };
}
