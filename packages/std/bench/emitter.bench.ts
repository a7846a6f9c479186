import { defineBench } from "@antiphon/bench";
import { createEmitter } from "@antiphon/std";
import { EventEmitter } from "node:events";

type Event = { readonly type: "packet"; readonly sequence: number };

const EMITS = 10_000;
let sum = 0;

const ours = createEmitter<Event>();
const theirs = new EventEmitter();
for (let listener = 0; listener < 3; listener++) {
  ours.on("packet", ({ sequence }) => void (sum += sequence));
  theirs.on("packet", ({ sequence }: Event) => void (sum += sequence));
}

/** The hot path of every reader loop: one event object to three listeners. */
export const emit = defineBench({
  name: "emit to three listeners",
  unit: "µs CPU/op",
  bar: { atMostTimesRival: 2 },
  note: "ours also isolates listeners that throw",
  subject: {
    name: "createEmitter",
    operationsPerRun: EMITS,
    run() {
      for (let sequence = 0; sequence < EMITS; sequence++) ours.emit({ type: "packet", sequence });
    },
  },
  rival: {
    name: "node:events",
    version: process.versions.node,
    operationsPerRun: EMITS,
    run() {
      for (let sequence = 0; sequence < EMITS; sequence++) theirs.emit("packet", { type: "packet", sequence });
    },
  },
});
