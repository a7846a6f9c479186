import { RecommenderError } from "../error.ts";
import { normaliseTag, type MoodTag } from "./mood-lexicon.ts";

/** A track whose mood people have judged. */
export interface MoodSample {
  /** Its tags. */
  readonly tags: readonly MoodTag[];
  /** Its valence, from -1 to 1. */
  readonly valence: number;
  /** Its arousal, from -1 to 1. */
  readonly arousal: number;
}

/** What was learned from samples; plain data that can be written as JSON. */
export interface MoodWeights {
  /** The mean of the samples: valence and arousal. */
  readonly mean: readonly [number, number];
  /** What a tag of full weight adds to a track that has no other: valence and arousal. */
  readonly tags: Readonly<Record<string, readonly [number, number]>>;
}

/** Options of {@link fitMoodWeights}. */
export interface FitMoodOptions {
  /** How strongly weights are held near 0; more than 0. Defaults to 10. */
  readonly ridge?: number | undefined;
  /** Tags that fewer samples have are left out. Defaults to 5. */
  readonly leastSamples?: number | undefined;
}

/** Columns of a sample with their values; of length 1 together. */
interface SparseRow {
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/** Weights of tags as a direction: how many tags a track has says nothing about its mood. */
export function unitTags(tags: readonly MoodTag[]): Map<string, number> {
  const strongest = new Map<string, number>();
  for (const { name, weight = 1 } of tags) {
    const tag = normaliseTag(name);
    strongest.set(tag, Math.max(weight, strongest.get(tag) ?? 0));
  }
  const length = Math.hypot(...strongest.values()) || 1;
  return new Map([...strongest].map(([tag, weight]) => [tag, weight / length]));
}

/**
 * Learns what tags say about mood by ridge regression, solved with conjugate gradients.
 *
 * @throws RecommenderError RECOMMENDER_OPTIONS_INVALID for no samples or a ridge that is not above 0
 */
export function fitMoodWeights(samples: readonly MoodSample[], options: FitMoodOptions = {}): MoodWeights {
  const { ridge = 10, leastSamples = 5 } = options;
  if (samples.length === 0 || !(ridge > 0))
    throw new RecommenderError("RECOMMENDER_OPTIONS_INVALID", "fitMoodWeights needs samples and a ridge above 0.");
  const directions = samples.map(({ tags }) => unitTags(tags));
  const counts = new Map<string, number>();
  for (const direction of directions) for (const tag of direction.keys()) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const names = [...counts].filter(([, count]) => count >= leastSamples).map(([name]) => name);
  const columnOf = new Map(names.map((name, column) => [name, column]));
  const rows = directions.map((direction): SparseRow => {
    const known = [...direction].filter(([tag]) => columnOf.has(tag));
    return { columns: known.map(([tag]) => columnOf.get(tag) ?? 0), values: known.map(([, value]) => value) };
  });
  const solveFor = (label: (sample: MoodSample) => number) => {
    const mean = samples.reduce((sum, sample) => sum + label(sample), 0) / samples.length;
    return {
      mean,
      weights: ridgeSolve(
        rows,
        samples.map((sample) => label(sample) - mean),
        names.length,
        ridge,
      ),
    };
  };
  const [valence, arousal] = [solveFor((sample) => sample.valence), solveFor((sample) => sample.arousal)];
  const pairs = names.map(
    (name, column) => [name, [valence.weights[column] ?? 0, arousal.weights[column] ?? 0]] as const,
  );
  return { mean: [valence.mean, arousal.mean], tags: Object.fromEntries(pairs) };
}

const MAXIMUM_STEPS = 200;
const TOLERANCE = 1e-8;

/** Solves (XᵀX + ridge·I) w = Xᵀy. @see Hestenes and Stiefel, 1952 */
function ridgeSolve(
  rows: readonly SparseRow[],
  targets: readonly number[],
  width: number,
  ridge: number,
): Float64Array {
  const normal = (vector: Float64Array): Float64Array => {
    const result = vector.map((value) => value * ridge);
    for (const row of rows) addScaled(result, row, dot(vector, row));
    return result;
  };
  const weights = new Float64Array(width);
  const residual = new Float64Array(width);
  for (const [index, row] of rows.entries()) addScaled(residual, row, targets[index] ?? 0);
  let direction = residual.slice();
  let square = squareOf(residual);
  const goal = TOLERANCE * TOLERANCE * square;
  for (let step = 0; step < MAXIMUM_STEPS && square > goal; step++) {
    const image = normal(direction);
    const pace = square / direction.reduce((sum, value, index) => sum + value * (image[index] ?? 0), 0);
    for (const [index, value] of direction.entries()) {
      weights[index] = (weights[index] ?? 0) + pace * value;
      residual[index] = (residual[index] ?? 0) - pace * (image[index] ?? 0);
    }
    const before = square;
    square = squareOf(residual);
    direction = residual.map((value, index) => value + (square / before) * (direction[index] ?? 0));
  }
  return weights;
}

function dot(vector: Float64Array, { columns, values }: SparseRow): number {
  return columns.reduce((sum, column, index) => sum + (vector[column] ?? 0) * (values[index] ?? 0), 0);
}

function addScaled(vector: Float64Array, { columns, values }: SparseRow, scale: number): void {
  for (const [index, column] of columns.entries())
    vector[column] = (vector[column] ?? 0) + scale * (values[index] ?? 0);
}

function squareOf(vector: Float64Array): number {
  return vector.reduce((sum, value) => sum + value * value, 0);
}
