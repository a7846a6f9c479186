import { expect, test, vi } from "vitest";
import { createEmitter } from "./emitter.ts";

type Event = { readonly type: "trackStart"; readonly title: string } | { readonly type: "queueEmpty" };

const start = (title: string): Event => ({ type: "trackStart", title });

test("calls the listeners of the event's type, in the order in which they came", () => {
  const emitter = createEmitter<Event>();
  const heard: string[] = [];
  emitter.on("trackStart", (event) => heard.push(`first ${event.title}`));
  emitter.on("trackStart", (event) => heard.push(`second ${event.title}`));
  emitter.on("queueEmpty", () => heard.push("empty"));
  emitter.emit(start("a"));
  expect(heard).toEqual(["first a", "second a"]);
});

test("the same function may listen twice, and each Disposable removes its own", () => {
  const emitter = createEmitter<Event>();
  let calls = 0;
  const listener = () => calls++;
  const first = emitter.on("queueEmpty", listener);
  emitter.on("queueEmpty", listener);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  emitter.emit({ type: "queueEmpty" });
  expect(calls).toBe(1);
  expect(emitter.listenerCount("queueEmpty")).toBe(1);
});

test("a signal ends a subscription, and one that has aborted starts none", () => {
  const emitter = createEmitter<Event>();
  const controller = new AbortController();
  let calls = 0;
  emitter.on("queueEmpty", () => calls++, { signal: controller.signal });
  controller.abort();
  emitter.on("queueEmpty", () => calls++, { signal: controller.signal });
  emitter.emit({ type: "queueEmpty" });
  expect(calls).toBe(0);
});

test("a listener that leaves during an emit does not disturb the others", () => {
  const emitter = createEmitter<Event>();
  const heard: string[] = [];
  const first = emitter.on("queueEmpty", () => {
    heard.push("first");
    first[Symbol.dispose]();
  });
  emitter.on("queueEmpty", () => heard.push("second"));
  emitter.emit({ type: "queueEmpty" });
  emitter.emit({ type: "queueEmpty" });
  expect(heard).toEqual(["first", "second", "second"]);
});

test("a listener that throws or rejects is reported and stops nobody", async () => {
  const reported: string[] = [];
  const emitter = createEmitter<Event>({
    onListenerError: (error, type) => reported.push(`${type}: ${(error as Error).message}`),
  });
  let reached = false;
  emitter.on("queueEmpty", () => {
    throw new Error("thrown");
  });
  emitter.on("queueEmpty", () => Promise.reject(new Error("rejected")) as never);
  emitter.on("queueEmpty", () => (reached = true));
  emitter.emit({ type: "queueEmpty" });
  await Promise.resolve();
  expect(reached).toBe(true);
  expect(reported).toEqual(["queueEmpty: thrown", "queueEmpty: rejected"]);
});

test("by default a failing listener becomes a process warning that names the event", () => {
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const emitter = createEmitter<Event>();
  emitter.on("queueEmpty", () => {
    throw new Error("thrown");
  });
  emitter.emit({ type: "queueEmpty" });
  expect(emitWarning.mock.calls[0]?.[0]).toMatch(/"queueEmpty" failed: Error: thrown/);
  emitWarning.mockRestore();
});

test("events() gives every event in order, from the moment it is called", async () => {
  const emitter = createEmitter<Event>();
  emitter.emit(start("before"));
  const stream = emitter.events();
  emitter.emit(start("a"));
  emitter.emit({ type: "queueEmpty" });
  emitter.close();
  expect(await Array.fromAsync(stream)).toEqual([start("a"), { type: "queueEmpty" }]);
});

test("a reader that falls behind loses the oldest, and the loss is counted", async () => {
  const emitter = createEmitter<Event>();
  const stream = emitter.events({ limit: 2 });
  for (const title of ["a", "b", "c", "d"]) emitter.emit(start(title));
  expect(emitter.dropped).toBe(2);
  emitter.close();
  expect(await Array.fromAsync(stream)).toEqual([start("c"), start("d")]);
});

test("a stream ends when its reader leaves or its signal aborts", async () => {
  const emitter = createEmitter<Event>();
  const leaving = emitter.events();
  emitter.emit(start("a"));
  for await (const event of leaving) {
    expect(event).toEqual(start("a"));
    break;
  }
  const controller = new AbortController();
  const aborted = emitter.events({ signal: controller.signal });
  const waiting = aborted.next();
  expect(emitter.listenerCount("queueEmpty")).toBe(1);
  controller.abort();
  expect((await waiting).done).toBe(true);
  expect((await emitter.events({ signal: controller.signal }).next()).done).toBe(true);
  expect(emitter.listenerCount("queueEmpty")).toBe(0);
});

test("after close nobody hears anything and no stream waits forever", async () => {
  const emitter = createEmitter<Event>();
  const controller = new AbortController();
  const removed = vi.spyOn(controller.signal, "removeEventListener");
  let calls = 0;
  emitter.on("queueEmpty", () => calls++, { signal: controller.signal });
  emitter.close();
  emitter.close();
  emitter.on("queueEmpty", () => calls++);
  emitter.emit({ type: "queueEmpty" });
  expect(calls).toBe(0);
  expect(removed).toHaveBeenCalledOnce();
  expect((await emitter.events().next()).done).toBe(true);
});
