import type { MusicDirectory, MusicFile } from "./music-directory.ts";
import type { Track } from "./track.ts";

const MAXIMUM_RESULTS = 20;

/** Finds tracks by title, artist and file name. */
export interface MusicSearch {
  /** The best matches first, those with less than half of the words left out; without words, what there is, by title. */
  search(query: string, options: { readonly signal: AbortSignal }): Promise<readonly Track[]>;
}

/** Small letters without accents, in words. */
function words(text: string): string[] {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

interface IndexedFile {
  readonly revision: string;
  readonly track: Track;
  readonly words: readonly string[];
}

/** How much of the query a file answers: a whole word counts 1, a word that begins so 0.8, one that contains it 0.5. */
function score(query: readonly string[], indexed: readonly string[]): number {
  let total = 0;
  for (const word of query) {
    if (indexed.includes(word)) total += 1;
    else if (indexed.some((other) => other.startsWith(word))) total += 0.8;
    else if (indexed.some((other) => other.includes(word))) total += 0.5;
  }
  return total / query.length;
}

/**
 * Builds a {@link MusicSearch}. Files are opened for their tags when a search first sees them, and again when they have changed;
 * `load` gives undefined for a file that cannot be played.
 */
export function createMusicSearch(
  directory: MusicDirectory,
  load: (file: MusicFile, signal: AbortSignal) => Promise<Track | undefined>,
): MusicSearch {
  const index = new Map<string, IndexedFile>();

  const refresh = async (signal: AbortSignal): Promise<void> => {
    const files = await directory.list();
    const present = new Set(files.map((file) => file.identifier));
    for (const identifier of index.keys()) if (!present.has(identifier)) index.delete(identifier);
    for (const file of files) {
      if (index.get(file.identifier)?.revision === file.revision) continue;
      const track = await load(file, signal);
      signal.throwIfAborted();
      if (track === undefined) index.delete(file.identifier);
      else
        index.set(file.identifier, {
          revision: file.revision,
          track,
          words: words(`${track.info.title} ${track.info.author} ${file.identifier}`),
        });
    }
  };
  return {
    async search(query, { signal }) {
      const asked = words(query);
      await refresh(signal);
      const known = [...index.values()];
      if (asked.length === 0) {
        known.sort((a, b) => a.track.info.title.localeCompare(b.track.info.title));
        return known.slice(0, MAXIMUM_RESULTS).map((entry) => entry.track);
      }
      return known
        .map((entry) => ({ track: entry.track, score: score(asked, entry.words) }))
        .filter((match) => match.score >= 0.5)
        .sort((a, b) => b.score - a.score)
        .slice(0, MAXIMUM_RESULTS)
        .map((match) => match.track);
    },
  };
}
