import { artistKey, trackKey } from "../track-key.ts";
import type { CandidateSource } from "./candidate-source.ts";

/** More by the seed's artist, known here or not. */
export function sameArtistSource(options: { readonly weight?: number } = {}): CandidateSource {
  return {
    name: "sameArtist",
    weight: options.weight ?? 0.4,
    async candidates({ seed, library, discoverable }) {
      if (seed === undefined || artistKey(seed.artist) === "") return [];
      const artist = artistKey(seed.artist);
      const tracks = [...[...library.values()].map(({ track }) => track), ...discoverable];
      return tracks
        .filter((track) => artistKey(track.artist) === artist)
        .map((track) => ({
          key: trackKey(track.artist, track.title),
          track,
          score: 1,
          reason: `also by ${seed.artist}`,
        }));
    },
  };
}
