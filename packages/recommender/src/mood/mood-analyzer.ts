import { defaultMoodLexicon, normaliseTag, placeOf, type MoodLexicon, type MoodTag } from "./mood-lexicon.ts";
import { unitTags, type MoodWeights } from "./mood-weights.ts";

/** Where tags of a track come from, such as a client of Last.fm. */
export type TagSource = (
  track: { readonly artist: string; readonly title: string },
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<readonly MoodTag[]>;

/** The quarters of the plane: pleasant and lively, unpleasant and lively, unpleasant and quiet, pleasant and quiet; and its centre. */
export type MoodQuadrant = "excited" | "tense" | "sad" | "calm" | "neutral" | "unknown";

/** A tag that counted, and where it stands. */
export interface MoodEvidence {
  readonly tag: string;
  /** From -1 to 1. */
  readonly valence: number;
  /** From -1 to 1. */
  readonly arousal: number;
  /** How much it counted, from 0 to 1; all together count 1. */
  readonly share: number;
}

/** A mood, or that it is not known. */
export interface MoodJudgement {
  readonly quadrant: MoodQuadrant;
  /** How pleasant, from -1 to 1; undefined when the mood is unknown. */
  readonly valence: number | undefined;
  /** How lively, from -1 to 1; undefined when the mood is unknown. */
  readonly arousal: number | undefined;
  /** From 0 to 1: more evidence that agrees is more; 0 when the mood is unknown. */
  readonly confidence: number;
  /** What counted, strongest first; also when it was too thin. */
  readonly evidence: readonly MoodEvidence[];
}

/** The mood of one track. */
export interface TrackMood extends MoodJudgement {
  readonly artist: string;
  readonly title: string;
  /** Tags that were looked at, known beforehand or found. */
  readonly tagsConsidered: number;
  /** Why the source of tags gave none; undefined when it was not asked or answered. */
  readonly tagSourceError: unknown;
}

/** Options of {@link createMoodAnalyzer}. */
export interface MoodAnalyzerOptions {
  /** Asked for the tags of each track. Defaults to nobody: only the tags that come with a call count. */
  readonly tagSource?: TagSource | undefined;
  /** Where tags stand. Defaults to {@link defaultMoodLexicon}. */
  readonly lexicon?: MoodLexicon | undefined;
  /** What was learned from judged tracks, which then counts as much as the lexicon. Defaults to nothing. */
  readonly weights?: MoodWeights | undefined;
  /** How many tags must be known before a mood is told; at least 1. Defaults to 2. */
  readonly leastEvidence?: number | undefined;
}

/** Judges moods by tags. */
export interface MoodAnalyzer {
  /** The mood that tags speak of. */
  judgeTags(tags: readonly (MoodTag | string)[]): MoodJudgement;
  /**
   * The mood of a track, by tags known beforehand and those of the tag source. A source that fails is told in the result.
   *
   * @throws the signal's reason
   */
  analyzeTrack(
    artist: string,
    title: string,
    options?: {
      readonly tags?: readonly (MoodTag | string)[] | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<TrackMood>;
}

/** Nearer to the centre than this, a mood has no quarter. */
const NEUTRAL_RADIUS = 0.1;
/** So many tags that agree make a confidence of 0.63. */
const CONFIDENT_TAGS = 3;

/** The quarter of a place on the plane. */
export function quadrantOf(valence: number, arousal: number): Exclude<MoodQuadrant, "unknown"> {
  if (Math.hypot(valence, arousal) < NEUTRAL_RADIUS) return "neutral";
  if (valence >= 0) return arousal >= 0 ? "excited" : "calm";
  return arousal >= 0 ? "tense" : "sad";
}

/** Builds a {@link MoodAnalyzer}. */
export function createMoodAnalyzer(options: MoodAnalyzerOptions = {}): MoodAnalyzer {
  const { tagSource, lexicon = defaultMoodLexicon, weights, leastEvidence = 2 } = options;

  const judgeTags = (given: readonly (MoodTag | string)[]): MoodJudgement => {
    const tags = given.map((tag) => (typeof tag === "string" ? { name: tag } : tag));
    const evidence = evidenceOf(lexicon, tags);
    if (evidence.length < Math.max(1, leastEvidence))
      return { quadrant: "unknown", valence: undefined, arousal: undefined, confidence: 0, evidence };
    const mean = (axis: "valence" | "arousal") => evidence.reduce((sum, each) => sum + each.share * each[axis], 0);
    const [byLexicon, learned] = [[mean("valence"), mean("arousal")] as const, learnedPlace(weights, tags)];
    const [valence, arousal] = learned === undefined ? byLexicon : middle(byLexicon, learned);
    return { quadrant: quadrantOf(valence, arousal), valence, arousal, confidence: confidenceOf(evidence), evidence };
  };
  return {
    judgeTags,
    async analyzeTrack(artist, title, { tags = [], signal } = {}) {
      signal?.throwIfAborted();
      let found: readonly MoodTag[] = [];
      let tagSourceError: unknown;
      try {
        found = (await tagSource?.({ artist, title }, { signal })) ?? [];
      } catch (error) {
        signal?.throwIfAborted();
        tagSourceError = error;
      }
      const all = [...tags, ...found];
      return { artist, title, ...judgeTags(all), tagsConsidered: all.length, tagSourceError };
    },
  };
}

function evidenceOf(lexicon: MoodLexicon, tags: readonly MoodTag[]): MoodEvidence[] {
  const known = new Map<string, MoodEvidence>();
  for (const { name, weight = 1 } of tags) {
    const tag = normaliseTag(name);
    const place = placeOf(lexicon, tag);
    // A weight may be wrong: it comes from a service.
    const share = Math.min(1, Math.max(0, weight)) * (place?.share ?? 0);
    if (place === undefined || !(share > (known.get(tag)?.share ?? 0))) continue;
    known.set(tag, { tag, valence: place.point[0], arousal: place.point[1], share });
  }
  const total = [...known.values()].reduce((sum, { share }) => sum + share, 0);
  const shares = [...known.values()].map((each) => ({ ...each, share: each.share / total }));
  return shares.toSorted((left, right) => right.share - left.share);
}

/** More tags are more, as far as none outweighs the rest and all point to one place. */
function confidenceOf(evidence: readonly MoodEvidence[]): number {
  const effective = 1 / evidence.reduce((sum, { share }) => sum + share * share, 0);
  const mean = (axis: "valence" | "arousal") => evidence.reduce((sum, each) => sum + each.share * each[axis], 0);
  const [valence, arousal] = [mean("valence"), mean("arousal")];
  const spread = evidence.reduce(
    (sum, each) => sum + each.share * ((each.valence - valence) ** 2 + (each.arousal - arousal) ** 2),
    0,
  );
  return (1 - Math.exp(-effective / CONFIDENT_TAGS)) * Math.max(0, 1 - Math.sqrt(spread));
}

function learnedPlace(
  weights: MoodWeights | undefined,
  tags: readonly MoodTag[],
): readonly [number, number] | undefined {
  if (weights === undefined) return undefined;
  let [valence, arousal] = weights.mean;
  for (const [tag, value] of unitTags(tags)) {
    if (!Object.hasOwn(weights.tags, tag)) continue;
    const [ofValence, ofArousal] = weights.tags[tag] ?? [0, 0];
    valence += value * ofValence;
    arousal += value * ofArousal;
  }
  return [Math.min(1, Math.max(-1, valence)), Math.min(1, Math.max(-1, arousal))];
}

function middle(left: readonly [number, number], right: readonly [number, number]): readonly [number, number] {
  return [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
}
