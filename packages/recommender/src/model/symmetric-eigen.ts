/** Eigenvalues from the largest, and their vectors as columns of a row-major matrix. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

const MAXIMUM_SWEEPS = 30;
const TOLERANCE = 1e-12;

/**
 * Every eigenvalue and eigenvector of a small symmetric matrix (row-major, `size` × `size`), by Jacobi's rotations.
 *
 * @see Golub and Van Loan, "Matrix Computations", section 8.5
 */
export function symmetricEigen(matrix: Float64Array, size: number): SymmetricEigen {
  const work = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let index = 0; index < size; index++) vectors[index * size + index] = 1;
  for (let sweep = 0; sweep < MAXIMUM_SWEEPS; sweep++) {
    let rotated = false;
    for (let row = 0; row < size; row++) {
      for (let column = row + 1; column < size; column++) rotated = rotate(work, vectors, size, row, column) || rotated;
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (left, right) => (work[right * size + right] as number) - (work[left * size + left] as number),
  );
  const sorted = new Float64Array(size * size);
  for (const [to, from] of order.entries()) {
    for (let row = 0; row < size; row++) sorted[row * size + to] = vectors[row * size + from] as number;
  }
  return { values: Float64Array.from(order, (index) => work[index * size + index] as number), vectors: sorted };
}

/** Turns the plane of two axes so that their product vanishes; false when it had vanished. */
function rotate(work: Float64Array, vectors: Float64Array, size: number, p: number, q: number): boolean {
  const product = work[p * size + q] as number;
  const scale = Math.abs(work[p * size + p] as number) + Math.abs(work[q * size + q] as number);
  if (Math.abs(product) <= TOLERANCE * scale) return false;
  const ratio = ((work[q * size + q] as number) - (work[p * size + p] as number)) / (2 * product);
  const tangent = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < size; k++) turn(work, k * size + p, k * size + q, cosine, sine);
  for (let k = 0; k < size; k++) turn(work, p * size + k, q * size + k, cosine, sine);
  for (let k = 0; k < size; k++) turn(vectors, k * size + p, k * size + q, cosine, sine);
  return true;
}

function turn(array: Float64Array, left: number, right: number, cosine: number, sine: number): void {
  const first = array[left] as number;
  const second = array[right] as number;
  array[left] = cosine * first - sine * second;
  array[right] = sine * first + cosine * second;
}
