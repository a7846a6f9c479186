import { expect, test } from "vitest";
import { createEmitter } from "./emitter.ts";
import { waitFor } from "./wait-for.ts";

type Event = { readonly type: "trackStart"; readonly title: string } | { readonly type: "queueEmpty" };

test("resolves with the first event of the type that passes the filter, and stops listening", async () => {
  const emitter = createEmitter<Event>();
  const waiting = waitFor(emitter, "trackStart", { filter: (event) => event.title === "b" });
  emitter.emit({ type: "queueEmpty" });
  for (const title of ["a", "b", "c"]) emitter.emit({ type: "trackStart", title });
  expect(await waiting).toEqual({ type: "trackStart", title: "b" });
  expect(emitter.listenerCount("trackStart")).toBe(0);
});

test("rejects with the signal's reason and stops listening", async () => {
  const emitter = createEmitter<Event>();
  const controller = new AbortController();
  const waiting = waitFor(emitter, "queueEmpty", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(waitFor(emitter, "queueEmpty", { signal: controller.signal })).rejects.toThrow("enough");
  expect(emitter.listenerCount("queueEmpty")).toBe(0);
});

test("rejects with what the filter throws", async () => {
  const emitter = createEmitter<Event>();
  const waiting = waitFor(emitter, "queueEmpty", {
    filter: () => {
      throw new Error("bad filter");
    },
  });
  emitter.emit({ type: "queueEmpty" });
  await expect(waiting).rejects.toThrow("bad filter");
  expect(emitter.listenerCount("queueEmpty")).toBe(0);
});
