import { expect, test } from "vitest";
import { abortReason, toDisposable, withSignal } from "./abort.ts";

test("abortReason gives the reason, or an AbortError where null was given", () => {
  const reason = new Error("enough");
  expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  expect(abortReason(AbortSignal.abort(null))).toMatchObject({ name: "AbortError" });
});

test("withSignal passes a result and a failure through", async () => {
  const { signal } = new AbortController();
  await expect(withSignal(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(withSignal(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  const promise = Promise.resolve(2);
  expect(withSignal(promise, undefined)).toBe(promise);
});

test("withSignal rejects as soon as the signal aborts, and a later failure bothers nobody", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const controller = new AbortController();
  const waiting = withSignal(promise, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(withSignal(promise, controller.signal)).rejects.toThrow("enough");
  reject(new Error("too late"));
});

test("toDisposable disposes once", () => {
  let calls = 0;
  const disposable = toDisposable(() => calls++);
  disposable[Symbol.dispose]();
  disposable[Symbol.dispose]();
  expect(calls).toBe(1);
});
