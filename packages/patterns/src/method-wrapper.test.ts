import { expect, test } from "vitest";
import { createMethodWrapper } from "./method-wrapper.ts";

const names: string[] = [];
const noted = createMethodWrapper((call, name) => {
  names.push(name);
  return call();
});

test("a wrapped function keeps its parameters, its result and its `this`", async () => {
  const counter = {
    base: 40,
    add: noted(async function add(this: { base: number }, left: number, right: number) {
      return this.base + left + right;
    }),
  };
  expect(await counter.add(1, 1)).toBe(42);
  expect(names.at(-1)).toBe("add");
});

test("a wrapper around a wrapper sees the function's own name", async () => {
  await noted(noted(async function inner() {}))();
  expect(names.slice(-2)).toEqual(["inner", "inner"]);
});

test("as a decorator it takes the name that the class gives", async () => {
  const context = { kind: "method", name: "play" } as ClassMethodDecoratorContext<unknown, () => Promise<number>>;
  const play = noted(async () => 1, context);
  expect(await play()).toBe(1);
  expect(names.at(-1)).toBe("play");
});
