import { chooseFingerprints } from "./fingerprints.ts";

/** Tokens that stand at two places. */
export interface Repetition {
  /** The file, by its index, and the token of the place that comes first. */
  readonly first: TokenPlace;
  /** The same of the place that comes later. */
  readonly second: TokenPlace;
  /** How many tokens in a row are the same. */
  readonly tokens: number;
}

/** A token of a file. */
export interface TokenPlace {
  readonly file: number;
  readonly index: number;
}

/** How many places with the same fingerprint are remembered; a text that stands at more of them is found at these. */
const MOST_PLACES = 16;

interface Match {
  readonly backward: number;
  readonly forward: number;
}

/** How far two places agree, each within its file and, in the same file, without running into each other. */
function extend(files: readonly Int32Array[], first: TokenPlace, second: TokenPlace): Match {
  const left = files[first.file] ?? new Int32Array();
  const right = files[second.file] ?? new Int32Array();
  const furthest = first.file === second.file ? second.index - first.index : Infinity;
  let forward = 0;
  while (
    forward < furthest &&
    first.index + forward < left.length &&
    second.index + forward < right.length &&
    left[first.index + forward] === right[second.index + forward]
  ) {
    forward++;
  }
  let backward = 0;
  while (
    forward + backward < furthest &&
    backward < first.index &&
    backward < second.index &&
    left[first.index - backward - 1] === right[second.index - backward - 1]
  ) {
    backward++;
  }
  return { backward, forward };
}

/**
 * Finds every place whose tokens, `atLeast` in a row, stood somewhere before, in the same or an earlier file; of several such
 * places the longest match. Token for token: a renamed variable ends a match.
 */
export function findRepetitions(files: readonly Int32Array[], atLeast: number): Repetition[] {
  const known = new Map<number, TokenPlace[]>();
  const found: Repetition[] = [];
  for (const [file, hashes] of files.entries()) {
    let coveredUntil = 0;
    for (const { hash, index } of chooseFingerprints(hashes, atLeast)) {
      const place: TokenPlace = { file, index };
      const earlier = known.get(hash);
      if (earlier === undefined) known.set(hash, [place]);
      else {
        const best = index < coveredUntil ? undefined : longestMatch(files, earlier, place, atLeast);
        if (best !== undefined) {
          found.push(best);
          coveredUntil = best.second.index + best.tokens;
        }
        if (earlier.length < MOST_PLACES) earlier.push(place);
      }
    }
  }
  return found;
}

function longestMatch(
  files: readonly Int32Array[],
  earlier: readonly TokenPlace[],
  place: TokenPlace,
  atLeast: number,
): Repetition | undefined {
  let best: Repetition | undefined;
  for (const candidate of earlier) {
    const { backward, forward } = extend(files, candidate, place);
    const tokens = backward + forward;
    if (tokens < atLeast || tokens <= (best?.tokens ?? 0)) continue;
    best = {
      first: { file: candidate.file, index: candidate.index - backward },
      second: { file: place.file, index: place.index - backward },
      tokens,
    };
  }
  return best;
}
