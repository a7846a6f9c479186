import { createEventBus } from "./event-bus.ts";

interface Events {
  "track.start": { title: string };
  "track.end": { reason: string };
  message: string;
}

const bus = createEventBus<Events>();

bus.subscribe("message", (text) => text.toUpperCase());
bus.subscribe("track.*", (data, { topic }) => {
  topic satisfies "track.start" | "track.end";
  return "title" in data ? data.title : data.reason;
});
bus.subscribe("**", (data, { topic }) => {
  topic satisfies keyof Events;
  return data;
});

class Listener {
  @bus.subscribe("message")
  onMessage(text: string): number {
    return text.length;
  }
}
void Listener;

// @ts-expect-error there is no such topic
bus.subscribe("mesage", () => {});
// @ts-expect-error no topic fits
bus.subscribe("player.*", () => {});
// @ts-expect-error the data is of another kind
bus.emit("message", 1);
// @ts-expect-error a pattern is no topic
void bus.publish("track.*", { title: "a" });
