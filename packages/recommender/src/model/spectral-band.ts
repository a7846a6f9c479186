import { createSeededRandom } from "@antiphon/std";
import type { Interactions } from "./interactions.ts";
import { createPowerTable } from "./power-table.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** Eigenvectors of the normalised item graph D_I^-1/2 Rᵀ D_U^-1 R D_I^-1/2. */
export interface SpectralBand {
  readonly dimensions: number;
  /** `dimensions` numbers for each item. */
  readonly vectors: Float32Array;
  readonly values: Float64Array;
}

const OVERSAMPLING = 8;
/** How often the graph is applied to a random start; its eigenvalues lie close enough together to need nothing in between. */
const PASSES = 3;

/**
 * The eigenvectors `first` to `end` - 1 by a randomised subspace iteration.
 *
 * @see Halko, Martinsson and Tropp, "Finding structure with randomness" (2011)
 */
export function buildSpectralBand(
  interactions: Interactions,
  { first, end }: { readonly first: number; readonly end: number },
  onProgress: (ratio: number) => void = () => {},
): SpectralBand {
  const itemCount = interactions.usersOf.nodeCount;
  const width = Math.min(end + OVERSAMPLING, itemCount);
  const random = createSeededRandom(1);
  let basis: Float32Array = new Float32Array(itemCount * width);
  for (let index = 0; index < basis.length; index++) basis[index] = random.next() - 0.5;
  let image: Float32Array = new Float32Array(itemCount * width);
  for (let pass = 0; pass < PASSES; pass++) {
    applyItemGraph(interactions, basis, image, width);
    [basis, image] = [image, basis];
    onProgress((pass + 1) / (PASSES + 2));
  }
  applyItemGraph(interactions, basis, image, width);
  onProgress((PASSES + 1) / (PASSES + 2));
  // With basis = Q Lᵀ for orthonormal Q, the graph within the subspace is L⁻¹ (basisᵀ image) L⁻ᵀ; Q itself is never needed.
  const inverse = invertLower(cholesky(products(basis, basis, width), width), width);
  const reduced = multiplyTransposed(multiplyTransposed(inverse, products(basis, image, width), width), inverse, width);
  const { values, vectors } = symmetricEigen(reduced, width);
  const last = Math.min(end, width);
  const dimensions = Math.max(0, last - first);
  const rotation = new Float64Array(width * dimensions);
  for (let row = 0; row < width; row++) {
    for (let k = row; k < width; k++) {
      const factor = inverse[k * width + row] as number;
      for (let column = 0; column < dimensions; column++) {
        rotation[row * dimensions + column] =
          (rotation[row * dimensions + column] as number) + factor * (vectors[k * width + first + column] as number);
      }
    }
  }
  return {
    dimensions,
    vectors: multiplyRows(basis, rotation, width, dimensions),
    values: values.slice(first, last),
  };
}

/** `image = P · basis`, where a row of `width` numbers stands for each item. */
function applyItemGraph(
  { itemsOf, usersOf }: Interactions,
  basis: Float32Array,
  image: Float32Array,
  width: number,
): void {
  const itemScale = createPowerTable(-0.5).upTo(usersOf.longest);
  const middle = new Float64Array(width);
  image.fill(0);
  for (let user = 0; user < itemsOf.nodeCount; user++) {
    const list = itemsOf.list(user);
    middle.fill(0);
    for (const item of list) {
      const scale = (itemScale[usersOf.lengths[item] as number] as number) / list.length;
      for (let column = 0, at = item * width; column < width; column++, at++)
        middle[column] = (middle[column] as number) + scale * (basis[at] as number);
    }
    for (const item of list) {
      const scale = itemScale[usersOf.lengths[item] as number] as number;
      for (let column = 0, at = item * width; column < width; column++, at++)
        image[at] = (image[at] as number) + scale * (middle[column] as number);
    }
  }
}

/** `left · rightᵀ` of two small square matrices. */
function multiplyTransposed(left: Float64Array, right: Float64Array, width: number): Float64Array {
  const result = new Float64Array(width * width);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (left[row * width + k] as number) * (right[column * width + k] as number);
      result[row * width + column] = sum;
    }
  }
  return result;
}

/** The symmetric part of `leftᵀ · right`. */
function products(left: Float32Array, right: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width * width);
  for (let start = 0; start < left.length; start += width) {
    for (let row = 0; row < width; row++) {
      const factor = left[start + row] as number;
      if (factor === 0) continue;
      for (let column = 0, at = row * width; column <= row; column++)
        sums[at + column] = (sums[at + column] as number) + factor * (right[start + column] as number);
    }
  }
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < row; column++) sums[column * width + row] = sums[row * width + column] as number;
  }
  return sums;
}

function cholesky(matrix: Float64Array, width: number): Float64Array {
  const lower = new Float64Array(width * width);
  let trace = 0;
  for (let index = 0; index < width; index++) trace += matrix[index * width + index] as number;
  // Keeps a subspace that is smaller than the matrix from dividing by nothing.
  const floor = Math.max(Number.MIN_VALUE, (trace / width) * 1e-12);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * width + column] as number;
      for (let k = 0; k < column; k++)
        sum -= (lower[row * width + k] as number) * (lower[column * width + k] as number);
      lower[row * width + column] =
        row === column ? Math.sqrt(Math.max(sum, floor)) : sum / (lower[column * width + column] as number);
    }
  }
  return lower;
}

function invertLower(lower: Float64Array, width: number): Float64Array {
  const inverse = new Float64Array(width * width);
  for (let column = 0; column < width; column++) {
    inverse[column * width + column] = 1 / (lower[column * width + column] as number);
    for (let row = column + 1; row < width; row++) {
      let sum = 0;
      for (let k = column; k < row; k++)
        sum -= (lower[row * width + k] as number) * (inverse[k * width + column] as number);
      inverse[row * width + column] = sum / (lower[row * width + row] as number);
    }
  }
  return inverse;
}

function multiplyRows(matrix: Float32Array, factor: Float64Array, width: number, columns: number): Float32Array {
  const result = new Float32Array((matrix.length / width) * columns);
  const sums = new Float64Array(columns);
  for (let start = 0, out = 0; start < matrix.length; start += width, out += columns) {
    sums.fill(0);
    for (let k = 0; k < width; k++) {
      const value = matrix[start + k] as number;
      for (let column = 0, at = k * columns; column < columns; column++)
        sums[column] = (sums[column] as number) + value * (factor[at + column] as number);
    }
    result.set(sums, out);
  }
  return result;
}
