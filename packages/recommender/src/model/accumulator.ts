/** Sums over nodes that remember which nodes they touched, so that clearing costs no more than filling. */
export interface Accumulator {
  /** The sum of each node; 0 for one that was not touched. */
  sums: Float64Array;
  /** The nodes that were touched; its first `count` entries. */
  touched: Int32Array;
  count: number;
  /** Clears what was touched and makes room for `nodeCount` nodes. */
  reset(nodeCount: number): void;
}

/** Builds an empty {@link Accumulator}. Adding is left to the loop that uses it, which keeps it fast. */
export function createAccumulator(): Accumulator {
  return {
    sums: new Float64Array(0),
    touched: new Int32Array(0),
    count: 0,
    reset(nodeCount) {
      for (let index = 0; index < this.count; index++) this.sums[this.touched[index] as number] = 0;
      this.count = 0;
      if (this.sums.length >= nodeCount) return;
      const size = Math.ceil(nodeCount * 1.25);
      this.sums = new Float64Array(size);
      this.touched = new Int32Array(size);
    },
  };
}
