import fc from "fast-check";
import { expect, test } from "vitest";
import { Adjacency, transpose } from "./adjacency.ts";

const build = (lists: readonly (readonly number[])[]) =>
  new Adjacency(
    Int32Array.from(lists, (list) => list.length),
    Int32Array.from(lists.flat()),
  );
const read = (adjacency: Adjacency) =>
  Array.from({ length: adjacency.nodeCount }, (_, node) => [...adjacency.list(node)]);

test("grows like plain arrays do, whatever the order of steps", () => {
  const step = fc.oneof(
    fc.constant({ type: "node" as const }),
    fc.record({ type: fc.constant("append" as const), node: fc.nat(9), entry: fc.nat(5) }),
    fc.record({ type: fc.constant("end" as const), node: fc.nat(9), entry: fc.nat(5) }),
  );
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(5)), { maxLength: 5 }), fc.array(step, { maxLength: 60 }), (lists, steps) => {
      const expected = lists.map((list) => [...list]);
      const adjacency = build(lists);
      for (const each of steps) {
        if (each.type === "node") {
          expect(adjacency.addNode()).toBe(expected.length);
          expected.push([]);
          continue;
        }
        const list = expected[each.node];
        if (list === undefined) continue;
        if (each.type === "append") {
          adjacency.append(each.node, each.entry);
          list.push(each.entry);
        } else {
          adjacency.moveToEnd(each.node, each.entry);
          const index = list.indexOf(each.entry);
          if (index !== -1) list.push(...list.splice(index, 1));
        }
      }
      expect(read(adjacency)).toEqual(expected);
      const { lengths, pool } = adjacency.compact();
      expect(read(new Adjacency(lengths, pool))).toEqual(expected);
    }),
  );
});

test("turns lists round", () => {
  expect(read(transpose(build([[2, 0], [], [0]]), 3))).toEqual([[0, 2], [], [0]]);
});
