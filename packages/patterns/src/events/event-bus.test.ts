import { createManualClock } from "@antiphon/std";
import { expect, test, vi } from "vitest";
import { createEventBus, type DeliveryFailure, type EventBusOptions } from "./event-bus.ts";

interface Events {
  "track.start": { title: string };
  "track.end": { reason: string };
  "track.queue.end": number;
  message: string;
}

function setup(options: EventBusOptions = {}) {
  const failures: DeliveryFailure[] = [];
  const clock = createManualClock();
  const bus = createEventBus<Events>({ clock, onHandlerError: (failure) => failures.push(failure), ...options });
  return { bus, clock, failures };
}

test("handlers are called by priority, then in the order in which they came", async () => {
  const { bus } = setup();
  const order: string[] = [];
  bus.subscribe("message", () => order.push("first"));
  bus.subscribe("message", () => order.push("high"), { priority: 10 });
  bus.subscribe("message", () => order.push("second"));
  bus.subscribe("message", () => order.push("low"), { priority: -1 });
  bus.emit("message", "x");
  expect(order).toEqual(["high", "first", "second", "low"]);
});

test("patterns take one part or the rest", () => {
  const { bus } = setup();
  const heard: string[] = [];
  bus.subscribe("track.*", (_data, { topic }) => heard.push(`one ${topic}`));
  bus.subscribe("track.**", (_data, { topic }) => heard.push(`rest ${topic}`));
  bus.subscribe("**", (_data, { topic }) => heard.push(`all ${topic}`));
  bus.subscribe("*", (_data, { topic }) => heard.push(`single ${topic}`));
  bus.emit("track.start", { title: "a" });
  bus.emit("track.queue.end", 1);
  bus.emit("message", "m");
  expect(heard).toEqual([
    "one track.start",
    "rest track.start",
    "all track.start",
    "rest track.queue.end",
    "all track.queue.end",
    "all message",
    "single message",
  ]);
});

test("an observer, a once and a signal", () => {
  const { bus } = setup();
  const next = vi.fn();
  const once = vi.fn();
  const controller = new AbortController();
  bus.subscribe("message", { next });
  bus.subscribe("message", once, { once: true });
  bus.subscribe("message", () => bus.emit("track.queue.end", 1), { signal: controller.signal });
  bus.emit("message", "a");
  controller.abort();
  bus.emit("message", "b");
  expect(next.mock.calls.map(([data]) => data)).toEqual(["a", "b"]);
  expect(once).toHaveBeenCalledOnce();
  expect(bus.subscriptionCount).toBe(1);
});

test("a once handler that publishes again is not called twice", () => {
  const { bus } = setup();
  const once = vi.fn(() => bus.emit("message", "again"));
  bus.subscribe("message", once, { once: true });
  bus.emit("message", "a");
  expect(once).toHaveBeenCalledOnce();
});

test("publish isolates failures and tells them", async () => {
  const { bus, failures } = setup();
  const done: string[] = [];
  bus.subscribe("message", () => {
    throw new Error("sync");
  });
  bus.subscribe("message", () => Promise.reject(new Error("async")));
  bus.subscribe("message", async (text) => done.push(text));
  const result = await bus.publish("message", "m");
  expect(result).toMatchObject({ sequence: 1, delivered: 1 });
  expect(result.failures.map(({ error }) => String(error))).toEqual(["Error: sync", "Error: async"]);
  expect(failures).toHaveLength(2);
  expect(done).toEqual(["m"]);
});

test("sequential publication waits for each handler before the next", async () => {
  const { bus, clock } = setup();
  const order: string[] = [];
  bus.subscribe("message", async () => {
    await clock.sleep(10);
    order.push("slow");
  });
  bus.subscribe("message", () => order.push("fast"));
  const published = bus.publish("message", "m", { sequential: true });
  await clock.advance(10);
  await published;
  expect(order).toEqual(["slow", "fast"]);
});

test("a handler that never ends delays publish up to its deadline, and loses events once too many are in work", async () => {
  const { bus, clock, failures } = setup({ handlerTimeoutMs: 1_000, inFlightLimit: 2 });
  bus.subscribe("message", () => new Promise(() => {}));
  const published = bus.publish("message", "m");
  await clock.advance(1_000);
  expect(await published).toMatchObject({ delivered: 0, failures: [{ error: { code: "PATTERNS_LIMIT_REACHED" } }] });
  bus.emit("message", "b");
  expect(bus.dropped).toBe(0);
  bus.emit("message", "c");
  expect(bus.dropped).toBe(1);
  expect(failures.at(-1)?.error).toMatchObject({ code: "PATTERNS_LIMIT_REACHED" });
  expect(clock.pendingTimers).toBe(0);
});

test("a late subscriber gets the last events that fit", () => {
  const { bus } = setup({ historyLimit: 3 });
  for (const text of ["a", "b", "c"]) bus.emit("message", text);
  bus.emit("track.queue.end", 1);
  const heard: unknown[] = [];
  bus.subscribe("message", (text) => heard.push(text), { replay: 5 });
  bus.subscribe("**", (data, { sequence }) => heard.push([sequence, data]), { replay: 1 });
  expect(heard).toEqual(["b", "c", [4, 1]]);
});

test("unsubscribe ends a subscription by its handler", () => {
  const { bus } = setup();
  const handler = vi.fn();
  bus.subscribe("message", handler);
  expect(bus.unsubscribe("message", handler)).toBe(true);
  expect(bus.unsubscribe("message", handler)).toBe(false);
  bus.emit("message", "x");
  expect(handler).not.toHaveBeenCalled();
});

test("without a handler, subscribe is a decorator and a higher-order function", () => {
  const { bus } = setup();
  const heard: string[] = [];
  const handler = bus.subscribe("message")((text) => heard.push(text));
  const initializers: ((this: unknown) => void)[] = [];
  const context = { kind: "method", name: "on", addInitializer: (each: () => void) => initializers.push(each) };
  bus.subscribe("message")(function on(this: unknown, text: string) {
    heard.push(`${(this as { name: string }).name} ${text}`);
  }, context as never);
  for (const initialize of initializers) initialize.call({ name: "instance" });
  bus.emit("message", "m");
  expect(heard).toEqual(["m", "instance m"]);
  expect(bus.unsubscribe("message", handler)).toBe(true);
});

test("subscriptions are bounded, and a closed bus takes none", () => {
  const { bus } = setup({ subscriptionLimit: 1 });
  bus.subscribe("message", () => {});
  expect(() => bus.subscribe("message", () => {})).toThrow(/its 1 subscriptions/);
  bus.close();
  bus.close();
  expect(bus.subscriptionCount).toBe(0);
  expect(() => bus.subscribe("message", () => {})).toThrow(/closed/);
  bus.emit("message", "nobody");
});

test("limits must be whole numbers", () => {
  expect(() => createEventBus({ historyLimit: 0.5 })).toThrow(/historyLimit.*0\.5/);
});
