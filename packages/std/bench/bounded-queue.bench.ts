import { defineBench } from "@antiphon/bench";
import { createBoundedQueue } from "@antiphon/std";

const ITEMS = 10_000;
const LIMIT = 1_024;

/** A reader that has fallen behind: every push drops the oldest item. */
export const overflow = defineBench({
  name: "push into a full queue of 1,024",
  unit: "µs CPU/op",
  bar: { atMostTimesRival: 1 },
  note: "the rival is an array with push and shift",
  subject: {
    name: "createBoundedQueue",
    operationsPerRun: ITEMS,
    run() {
      const queue = createBoundedQueue<number>({ limit: LIMIT });
      for (let item = 0; item < ITEMS; item++) queue.push(item);
    },
  },
  rival: {
    name: "Array",
    version: process.versions.node,
    operationsPerRun: ITEMS,
    run() {
      const queue: number[] = [];
      for (let item = 0; item < ITEMS; item++) {
        queue.push(item);
        if (queue.length > LIMIT) queue.shift();
      }
    },
  },
});
