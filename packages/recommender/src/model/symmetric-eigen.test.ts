import { createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { symmetricEigen } from "./symmetric-eigen.ts";

test("values and vectors give the matrix back", () => {
  const size = 12;
  const random = createSeededRandom(3);
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      matrix[row * size + column] = matrix[column * size + row] = random.next() - 0.5;
    }
  }
  const { values, vectors } = symmetricEigen(matrix, size);
  expect([...values]).toEqual([...values].sort((left, right) => right - left));
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let sum = 0;
      for (let k = 0; k < size; k++)
        sum += (vectors[row * size + k] as number) * (values[k] as number) * (vectors[column * size + k] as number);
      expect(sum).toBeCloseTo(matrix[row * size + column] as number, 9);
    }
  }
});
