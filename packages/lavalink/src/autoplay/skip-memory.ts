import type { Clock } from "@antiphon/std";
import { artistKey } from "./title-key.ts";

/** Remembers which artists people skipped, and forgets it again. */
export interface SkipMemory {
  add(author: string): void;
  /** 1 for an artist whom nobody skipped, towards 0 with each skip, and back to 1 with time. */
  factorOf(author: string): number;
}

const HALF_LIFE_MS = 30 * 60_000;
const ARTIST_LIMIT = 200;

/** Builds an empty {@link SkipMemory}. */
export function createSkipMemory(clock: Clock): SkipMemory {
  const skips = new Map<string, { readonly weight: number; readonly atMs: number }>();
  const weightOf = (artist: string): number => {
    const skip = skips.get(artist);
    return skip === undefined ? 0 : skip.weight * 0.5 ** ((clock.monotonicMs() - skip.atMs) / HALF_LIFE_MS);
  };
  return {
    add(author) {
      const artist = artistKey(author);
      const weight = weightOf(artist) + 1;
      skips.delete(artist);
      skips.set(artist, { weight, atMs: clock.monotonicMs() });
      if (skips.size > ARTIST_LIMIT) skips.delete(skips.keys().next().value ?? "");
    },
    factorOf: (author) => 0.4 ** weightOf(artistKey(author)),
  };
}
