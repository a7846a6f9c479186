import { createSeededRandom } from "@antiphon/std";
import type { Adjacency } from "./adjacency.ts";
import type { Interactions } from "./interactions.ts";
import type { FactorParameters } from "./model-parameters.ts";

/** A vector for each item, and the products of all of them, which folding a listener in needs. */
export interface ItemFactors {
  readonly dimensions: number;
  readonly vectors: Float32Array;
  readonly gram: Float64Array;
}

const FIT_STEPS = 3;
const FOLD_IN_STEPS = 8;

/**
 * Factors by alternating least squares, each solved by a few steps of conjugate gradients.
 *
 * @see Hu, Koren and Volinsky, "Collaborative filtering for implicit feedback datasets" (2008); the scaling of the
 * regularisation is that of Rendle and others, "Revisiting the performance of iALS" (2021)
 */
export function buildItemFactors(
  { itemsOf, usersOf }: Interactions,
  parameters: FactorParameters,
  onProgress: (ratio: number) => void = () => {},
): ItemFactors {
  const { dimensions, epochs } = parameters;
  const random = createSeededRandom(1);
  const start = (count: number) =>
    Float32Array.from({ length: count * dimensions }, () => (0.2 * (random.next() - 0.5)) / Math.sqrt(dimensions));
  const users = start(itemsOf.nodeCount);
  const items = start(usersOf.nodeCount);
  for (let epoch = 0; epoch < epochs; epoch++) {
    solveAll(users, itemsOf, items, parameters);
    solveAll(items, usersOf, users, parameters);
    onProgress((epoch + 1) / epochs);
  }
  return { dimensions, vectors: items, gram: gramOf(items, dimensions) };
}

/** Computes the vector of a listener from their items into `vector`, with the items' factors as they are. */
export function createFolder(
  { dimensions, vectors, gram }: ItemFactors,
  parameters: FactorParameters,
): (items: Int32Array) => Float64Array {
  const solver = createSolver(vectors, gram, dimensions, parameters);
  const vector = new Float64Array(dimensions);
  const itemCount = vectors.length / dimensions;
  return (items) => {
    vector.fill(0);
    solver(vector, items, itemCount, FOLD_IN_STEPS);
    return vector;
  };
}

function solveAll(own: Float32Array, lists: Adjacency, others: Float32Array, parameters: FactorParameters): void {
  const { dimensions } = parameters;
  const solver = createSolver(others, gramOf(others, dimensions), dimensions, parameters);
  const vector = new Float64Array(dimensions);
  const otherCount = others.length / dimensions;
  for (let node = 0; node < lists.nodeCount; node++) {
    vector.set(own.subarray(node * dimensions, (node + 1) * dimensions));
    solver(vector, lists.list(node), otherCount, FIT_STEPS);
    own.set(vector, node * dimensions);
  }
}

type Solver = (vector: Float64Array, list: Int32Array, otherCount: number, steps: number) => void;

/** Minimises a listener's (or an item's) squared error in place, starting from `vector`. */
function createSolver(
  others: Float32Array,
  gram: Float64Array,
  dimensions: number,
  { regularization, unobservedWeight }: FactorParameters,
): Solver {
  const residual = new Float64Array(dimensions);
  const direction = new Float64Array(dimensions);
  const image = new Float64Array(dimensions);

  /** `image = (w0 · gram + Σ y yᵀ + ridge) · input`, and `target += Σ y` when it is given. */
  const apply = (input: Float64Array, list: Int32Array, ridge: number, target?: Float64Array) => {
    for (let row = 0; row < dimensions; row++) {
      let sum = 0;
      for (let column = 0, at = row * dimensions; column < dimensions; column++)
        sum += (gram[at + column] as number) * (input[column] as number);
      image[row] = unobservedWeight * sum + ridge * (input[row] as number);
    }
    for (const other of list) {
      const start = other * dimensions;
      if (start >= others.length) continue;
      let product = 0;
      for (let k = 0; k < dimensions; k++) product += (others[start + k] as number) * (input[k] as number);
      for (let k = 0; k < dimensions; k++) image[k] = (image[k] as number) + product * (others[start + k] as number);
      if (target !== undefined)
        for (let k = 0; k < dimensions; k++) target[k] = (target[k] as number) + (others[start + k] as number);
    }
  };

  return (vector, list, otherCount, steps) => {
    const ridge = regularization * (list.length + unobservedWeight * otherCount);
    residual.fill(0);
    apply(vector, list, ridge, residual);
    let norm = 0;
    for (let k = 0; k < dimensions; k++) {
      residual[k] = (residual[k] as number) - (image[k] as number);
      direction[k] = residual[k] as number;
      norm += (residual[k] as number) * (residual[k] as number);
    }
    for (let step = 0; step < steps && norm > 1e-20; step++) {
      apply(direction, list, ridge);
      let curvature = 0;
      for (let k = 0; k < dimensions; k++) curvature += (direction[k] as number) * (image[k] as number);
      const length = norm / curvature;
      let next = 0;
      for (let k = 0; k < dimensions; k++) {
        vector[k] = (vector[k] as number) + length * (direction[k] as number);
        residual[k] = (residual[k] as number) - length * (image[k] as number);
        next += (residual[k] as number) * (residual[k] as number);
      }
      for (let k = 0; k < dimensions; k++)
        direction[k] = (residual[k] as number) + (next / norm) * (direction[k] as number);
      norm = next;
    }
  };
}

function gramOf(vectors: Float32Array, dimensions: number): Float64Array {
  const gram = new Float64Array(dimensions * dimensions);
  for (let start = 0; start < vectors.length; start += dimensions) {
    for (let row = 0; row < dimensions; row++) {
      const factor = vectors[start + row] as number;
      for (let column = 0, at = row * dimensions; column < dimensions; column++)
        gram[at + column] = (gram[at + column] as number) + factor * (vectors[start + column] as number);
    }
  }
  return gram;
}
