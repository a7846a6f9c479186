import { defineBench } from "@antiphon/bench";
import { createEventBus } from "@antiphon/patterns/events";
import mitt from "mitt";

const EVENTS = 100_000;
const HANDLERS = 5;

interface TrackStart {
  readonly guildId: string;
  readonly title: string;
}
type Events = { trackStart: TrackStart };

let heard = 0;
// Its types describe the CommonJS build, whose default stands one level deeper.
const createMitt = mitt as unknown as typeof mitt.default;
const ours = createEventBus<Events>();
const theirs = createMitt<Events>();
for (let handler = 0; handler < HANDLERS; handler++) {
  ours.subscribe("trackStart", ({ title }) => void (heard += title.length));
  theirs.on("trackStart", ({ title }) => void (heard += title.length));
}
const event: TrackStart = { guildId: "1", title: "Tidewater" };

/** What an event costs that five handlers hear. Ours isolates the handlers from each other; a bus that does not can be faster. */
export const fiveHandlers = defineBench({
  name: "event to 5 handlers",
  unit: "µs CPU/op",
  subject: {
    name: "createEventBus emit",
    operationsPerRun: EVENTS,
    run() {
      for (let index = 0; index < EVENTS; index++) ours.emit("trackStart", event);
      return heard;
    },
  },
  rival: {
    name: "mitt emit",
    version: "3.0.1",
    operationsPerRun: EVENTS,
    run() {
      for (let index = 0; index < EVENTS; index++) theirs.emit("trackStart", event);
      return heard;
    },
  },
  bar: { atMostTimesRival: 1.25 },
});
