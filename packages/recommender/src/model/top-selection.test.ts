import fc from "fast-check";
import { expect, test } from "vitest";
import { selectTop } from "./top-selection.ts";

test("brings the highest scores to the front and loses no entry", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 9 })), fc.integer({ min: 0, max: 30 }), (values, count) => {
      const scores = Float64Array.from(values);
      const entries = Int32Array.from(values.keys());
      const kept = selectTop(entries, entries.length, scores, count);
      expect(kept).toBe(Math.min(count, values.length));
      const best = [...entries.subarray(0, kept)].map((entry) => scores[entry] as number);
      expect(best.sort((left, right) => right - left)).toEqual(
        values.toSorted((left, right) => right - left).slice(0, kept),
      );
      expect([...entries].sort((left, right) => left - right)).toEqual([...values.keys()]);
    }),
  );
});
