/** `n^exponent` for whole numbers, looked up: `Math.pow` is too slow for inner loops. */
export interface PowerTable {
  /** A table that reaches up to `highest` at least; entry 0 is 1, so that a node without degree weighs nothing special. */
  upTo(highest: number): Float64Array;
}

/** Builds a {@link PowerTable}, which grows when asked for more. */
export function createPowerTable(exponent: number): PowerTable {
  const powers = (size: number) =>
    Float64Array.from({ length: size }, (_, base) => (base === 0 ? 1 : base ** exponent));
  let table = powers(1_024);
  return {
    upTo(highest) {
      if (highest >= table.length) table = powers(highest * 2);
      return table;
    },
  };
}
