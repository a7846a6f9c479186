import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createSeededRandom } from "@antiphon/std";
import { createMoodAnalyzer } from "../src/mood/mood-analyzer.ts";
import { defaultMoodLexicon, type MoodLexicon, type MoodTag } from "../src/mood/mood-lexicon.ts";
import { fitMoodWeights, type MoodSample, type MoodWeights } from "../src/mood/mood-weights.ts";
import { artistKey } from "../src/track-key.ts";

/** How well moods were judged: correlations with what people said, over all test tracks whose artist has tags. */
export interface MoodFigures {
  readonly valence: number;
  readonly arousal: number;
  /** The share of test tracks for which a mood was told. */
  readonly toldShare: number;
  /** The share of these in whose quarter people put them too. */
  readonly quadrantShare: number;
}

/** Who judges: the lexicon, the same words at places of other words, what was learned, and both. */
export const moodJudges = ["lexicon", "shuffled", "learned", "both"] as const;
export type MoodJudge = (typeof moodJudges)[number];

/** Chosen on the validation part, from 1, 3, 10, 30 and 100. */
const RIDGE = 10;
/** Labels are z-scores; so many deviations are the end of the scale. */
const LABEL_SCALE = 3;

function linesOf(file: string): string[] {
  return gunzipSync(readFileSync(file)).toString("utf8").split("\n").slice(1).filter(Boolean);
}

/** What people tagged each artist with. */
function readArtistTags(folder: string): ReadonlyMap<string, readonly MoodTag[]> {
  const fieldsOf = (name: string) => linesOf(join(folder, `${name}.dat.gz`)).map((line) => line.trimEnd().split("\t"));
  const tagNames = new Map(fieldsOf("tags").map(([id = "", name = ""]) => [id, name]));
  const counts = new Map<string, Map<string, number>>();
  for (const [, artistId = "", tagId = ""] of fieldsOf("user_taggedartists")) {
    const own = counts.get(artistId) ?? new Map<string, number>();
    counts.set(artistId, own);
    const tag = tagNames.get(tagId);
    if (tag !== undefined) own.set(tag, (own.get(tag) ?? 0) + 1);
  }
  return new Map(
    fieldsOf("artists").flatMap(([id = "", name = ""]) => {
      const own = counts.get(id);
      if (own === undefined) return [];
      const most = Math.max(...own.values());
      return [[artistKey(name), [...own].map(([tag, count]) => ({ name: tag, weight: count / most }))] as const];
    }),
  );
}

function readSamples(file: string, tagsOf: ReadonlyMap<string, readonly MoodTag[]>): MoodSample[] {
  return linesOf(file).flatMap((line) => {
    // Ids and figures have no commas; the names may, and are quoted then.
    const fields = line.split(",");
    const [valence, arousal] = fields.slice(3, 5);
    const rest = fields.slice(5).join(",");
    const artist = rest.startsWith('"') ? (/^"((?:[^"]|"")*)"/.exec(rest)?.[1] ?? "") : (fields[5] ?? "");
    const tags = tagsOf.get(artistKey(artist));
    const clamp = (text = "") => Math.max(-1, Math.min(1, Number(text) / LABEL_SCALE));
    return tags === undefined ? [] : [{ tags, valence: clamp(valence), arousal: clamp(arousal) }];
  });
}

function shuffledLexicon(): MoodLexicon {
  const random = createSeededRandom(11);
  const points = [...defaultMoodLexicon.values()].map((point) => ({ point, order: random.next() }));
  const drawn = points.toSorted((left, right) => left.order - right.order);
  return new Map([...defaultMoodLexicon.keys()].map((tag, index) => [tag, drawn[index]?.point ?? [0, 0]]));
}

function correlation(left: readonly number[], right: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [leftMean, rightMean] = [mean(left), mean(right)];
  let [product, leftSquare, rightSquare] = [0, 0, 0];
  for (const [index, value] of left.entries()) {
    const [one, other] = [value - leftMean, (right[index] ?? 0) - rightMean];
    product += one * other;
    leftSquare += one * one;
    rightSquare += other * other;
  }
  return product / Math.sqrt(leftSquare * rightSquare);
}

function judgeOf(judge: MoodJudge, weights: MoodWeights) {
  if (judge === "lexicon") return createMoodAnalyzer();
  if (judge === "shuffled") return createMoodAnalyzer({ lexicon: shuffledLexicon() });
  if (judge === "both") return createMoodAnalyzer({ weights });
  // Every tag stands in the middle, so that only what was learned tells one track from another.
  const known = Object.keys(weights.tags).map((tag) => [tag, [0, 0]] as const);
  return createMoodAnalyzer({ weights, lexicon: new Map(known) });
}

/** Judges the test part of Deezer's mood data by the tags of its artists in HetRec's Last.fm data. */
export function measureMood(judge: MoodJudge, folder: string, part = "test", ridge = RIDGE): MoodFigures {
  const tagsOf = readArtistTags(join(folder, "..", "hetrec2011-lastfm-2k"));
  const weights = fitMoodWeights(readSamples(join(folder, "train.csv.gz"), tagsOf), { ridge });
  const samples = readSamples(join(folder, `${part}.csv.gz`), tagsOf);
  const analyzer = judgeOf(judge, weights);
  const judged = samples.map((sample) => ({ sample, mood: analyzer.judgeTags(sample.tags) }));
  const told = judged.filter(({ mood }) => mood.quadrant !== "unknown");
  const isAgreed = ({ sample, mood }: (typeof judged)[number]) =>
    (mood.valence ?? 0) >= 0 === sample.valence >= 0 && (mood.arousal ?? 0) >= 0 === sample.arousal >= 0;
  const against = (axis: "valence" | "arousal") =>
    correlation(
      judged.map(({ mood }) => mood[axis] ?? 0),
      judged.map(({ sample }) => sample[axis]),
    );
  return {
    valence: against("valence"),
    arousal: against("arousal"),
    toldShare: told.length / judged.length,
    quadrantShare: told.filter(isAgreed).length / told.length,
  };
}
