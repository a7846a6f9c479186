import { expect, test } from "vitest";
import { encodeJson } from "../bot/bot-envelope.ts";
import { announced, connecting, givenUp, readLayout, settled, takenOver, takingOver, type Layout } from "./layout.ts";

const first: Layout = { shardCount: 1, laneCount: 8, generation: 0, newest: 0 };

test("a layout goes through its phases one by one, and back only before the take-over", () => {
  const steps = [announced(3), connecting(1), takingOver(1), takenOver(1), settled(0)];
  const layouts: Layout[] = [];
  for (const step of steps) {
    const layout = layouts.at(-1) ?? first;
    // No other step can be made from here.
    for (const other of steps) if (other !== step) expect(other(layout)).toBeUndefined();
    const changed = step(layout);
    if (changed !== undefined) layouts.push(changed);
  }
  const old = { generation: 0, shardCount: 1 };
  const next = { generation: 1, shardCount: 3 };
  expect(layouts).toEqual([
    { ...first, newest: 1, next: { ...next, phase: "announced" } },
    { ...first, newest: 1, next: { ...next, phase: "connecting" } },
    { ...first, newest: 1, next: { ...next, phase: "takingOver" } },
    { ...first, ...next, newest: 1, ending: old },
    { ...first, ...next, newest: 1 },
  ]);
  expect(layouts.map((layout) => givenUp(1, "why")(layout))).toEqual([
    { ...first, newest: 1, ending: { ...next, problem: "why" } },
    { ...first, newest: 1, ending: { ...next, problem: "why" } },
    undefined,
    undefined,
    undefined,
  ]);
});

test("a generation's number is not used again when it was given up", () => {
  const given = [announced(3), givenUp(1, "why"), settled(1), announced(4)].reduce<Layout | undefined>(
    (layout, step) => layout && step(layout),
    first,
  );
  expect(given).toEqual({ ...first, newest: 2, next: { generation: 2, shardCount: 4, phase: "announced" } });
});

test("a layout of a version that knew no generations is read, and nothing else for one", () => {
  expect(readLayout(encodeJson({ shardCount: 1, laneCount: 8 }))).toEqual(first);
  expect(readLayout(encodeJson({ shardCount: 0, laneCount: 8 }))).toBeUndefined();
  expect(readLayout(new TextEncoder().encode("{"))).toBeUndefined();
});
