import { expect, test } from "vitest";
import { createKeyedMutex } from "./keyed-mutex.ts";

test("runs tasks of one key in turn and of others side by side", async () => {
  const mutex = createKeyedMutex<string>();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  const first = mutex.run("a", async () => {
    log.push("a1 starts");
    await gate.promise;
    log.push("a1 ends");
  });
  const second = mutex.run("a", () => void log.push("a2"));
  await mutex.run("b", () => void log.push("b"));
  expect(log).toEqual(["a1 starts", "b"]);
  gate.resolve();
  await Promise.all([first, second]);
  expect(log).toEqual(["a1 starts", "b", "a1 ends", "a2"]);
});

test("gives results, and a task that fails does not stop the next", async () => {
  const mutex = createKeyedMutex<string>();
  const failed = mutex.run("a", () => Promise.reject(new Error("broken")));
  const next = mutex.run("a", () => 5);
  await expect(failed).rejects.toThrow("broken");
  expect(await next).toBe(5);
});

test("a task that gives up waiting rejects at once, and the order of the others holds", async () => {
  const mutex = createKeyedMutex<string>();
  const gate = Promise.withResolvers<void>();
  const log: string[] = [];
  const controller = new AbortController();
  const first = mutex.run("a", async () => {
    await gate.promise;
    log.push("first");
  });
  const impatient = mutex.run("a", () => void log.push("never"), { signal: controller.signal });
  const third = mutex.run("a", () => void log.push("third"));
  controller.abort(new Error("enough"));
  await expect(impatient).rejects.toThrow("enough");
  await expect(mutex.run("b", () => 1, { signal: controller.signal })).rejects.toThrow("enough");
  expect(log).toEqual([]);
  gate.resolve();
  await Promise.all([first, third]);
  expect(log).toEqual(["first", "third"]);
});

test("forgets a key when its last task has settled", async () => {
  const mutex = createKeyedMutex<number>();
  const tasks = Array.from({ length: 10 }, (_, key) => mutex.run(key % 3, () => key));
  expect(mutex.size).toBe(3);
  await Promise.all(tasks);
  await mutex.run(0, () => {});
  await new Promise(setImmediate);
  expect(mutex.size).toBe(0);
});
