import { readFileSync } from "node:fs";
import { analyzeSource } from "@antiphon/quality";
import { describe, expect, test } from "vitest";

const cognitive = (text: string): Record<string, number> =>
  Object.fromEntries(
    analyzeSource("a.ts", text).complexity.functions.map(({ name, cognitive: figure }) => [name, figure]),
  );

describe("cognitive complexity", () => {
  test("counts the examples of SonarSource's appendix C as the paper does", () => {
    const file = new URL("../src/__fixtures__/whitepaper/appendix-c.js.txt", import.meta.url);
    const { complexity } = analyzeSource("appendix-c.js", readFileSync(file, "utf8"));
    const figures = Object.fromEntries(complexity.functions.map((each) => [each.name, each.cognitive]));
    expect(figures).toMatchObject({ overriddenSymbolFrom: 19, addVersion: 35, toRegexp: 20, save: 20 });
    expect(complexity.cognitive).toBe(19 + 35 + 20 + 20);
  });

  test("counts the paper's introduction: nested loops with a label, and a switch", () => {
    const figures = cognitive(`
      function sumOfPrimes(max) {
        let total = 0;
        OUT: for (let i = 1; i <= max; ++i) {
          for (let j = 2; j < i; ++j) {
            if (i % j === 0) { continue OUT; }
          }
          total += i;
        }
        return total;
      }
      function getWords(number) {
        switch (number) {
          case 1: return "one";
          case 2: return "a couple";
          case 3: return "a few";
          default: return "lots";
        }
      }`);
    expect(figures).toEqual({ sumOfPrimes: 7, getWords: 1 });
  });

  test("counts the paper's rules for sequences of operators, catch and nesting", () => {
    const figures = cognitive(`
      function mixed() { if (a && b && c || d || e && f) {} }
      function negated() { if (a && !(b && c)) {} }
      function myMethod() {
        try {
          if (condition1) { for (let i = 0; i < 10; i++) { while (condition2) {} } }
        } catch (e) { if (condition2) {} }
      }`);
    expect(figures).toEqual({ mixed: 4, negated: 3, myMethod: 9 });
  });

  test("treats an outer function without branches as a container, as the paper's appendix A says for JavaScript", () => {
    const declarative = analyzeSource("a.js", "function outer() { bar.myFun = function () { if (a) {} } }").complexity;
    expect(declarative.cognitive).toBe(1);
    expect(declarative.functions).toMatchObject([
      { name: "myFun", cognitive: 1 },
      { name: "outer", cognitive: 0 },
    ]);
    const mixed = analyzeSource(
      "a.js",
      "function outer() { if (b) {} bar.myFun = function () { if (a) {} } }",
    ).complexity;
    expect(mixed.cognitive).toBe(3);
  });

  test("leaves out shorthand, and counts a function that calls itself once", () => {
    expect(cognitive("function f(a, b, c) { a ??= b; a ||= b; return a?.b ?? (a && (b ?? c) && b); }")).toEqual({
      f: 1,
    });
    expect(cognitive("function f(n) { return f(n - 1) + f(n - 2); }")).toEqual({ f: 1 });
    expect(cognitive("function f(n) { return g(n - 1); }")).toEqual({ f: 0 });
  });

  test("counts a condition within a ternary and an else-if chain without nesting", () => {
    expect(cognitive("const f = (a, b) => { if (a) {} else if (b) {} else {} };")).toEqual({ f: 3 });
    expect(cognitive("const f = (a, b) => (a ? 1 : b ? 2 : 3);")).toEqual({ f: 3 });
  });

  test("adds the code outside of functions to the file", () => {
    expect(analyzeSource("a.js", "if (a) { for (;;) {} }").complexity.cognitive).toBe(3);
  });
});

describe("cyclomatic complexity", () => {
  const cyclomatic = (text: string) => analyzeSource("a.ts", text).complexity.functions.at(-1)?.cyclomatic;

  test("is one more than the number of branches", () => {
    expect(cyclomatic("function f() {}")).toBe(1);
    expect(cyclomatic("function f() { if (a) {} else if (b) {} }")).toBe(3);
    expect(
      cyclomatic("function f() { for (;;) {} for (x in y) {} for (x of y) {} while (a) {} do {} while (b); }"),
    ).toBe(6);
    expect(cyclomatic("function f() { switch (a) { case 1: case 2: break; default: } }")).toBe(3);
    expect(cyclomatic("function f() { return (a && b) || (c ?? (d ? 1 : 2)); }")).toBe(5);
    expect(cyclomatic("function f() { a ??= b; try {} catch {} }")).toBe(2);
  });

  test("counts functions within for themselves", () => {
    expect(cyclomatic("function outer() { if (a) {} const inner = () => { if (b) {} if (c) {} }; }")).toBe(2);
    const { complexity } = analyzeSource("a.ts", "if (x) {} function f() { if (a) {} } class C { m() { if (b) {} } }");
    expect(complexity.cyclomatic).toBe(2 + 2 + 2);
  });
});

test("gives name, place and size of every function", () => {
  const text =
    "\nexport function one(a, b) {\n}\nconst two = () => {};\nclass C { three() {} #four() {} }\nrun(() => {});\n";
  expect(analyzeSource("a.ts", text).complexity.functions).toMatchObject([
    { name: "one", line: 2, lines: 2, parameters: 2, nestingDepth: 0 },
    { name: "two", line: 4 },
    { name: "three", line: 5 },
    { name: "four", line: 5 },
    { name: "(anonymous)", line: 6 },
  ]);
});

test("makes findings of figures above the limits, and none at them", () => {
  const text = "function f(a, b) { if (a) { if (b) run(); } }\n";
  const rules = (limits: object) => analyzeSource("a.ts", text, { limits }).findings.map(({ rule }) => rule);
  const above = { cyclomatic: 2, cognitive: 2, functionLines: 0, fileLines: 0, parameters: 1, nestingDepth: 1 };
  expect(rules(above).sort()).toEqual([
    "complexity/cognitive",
    "complexity/cyclomatic",
    "complexity/file-lines",
    "complexity/function-lines",
    "complexity/nesting-depth",
    "complexity/parameters",
  ]);
  expect(
    rules({ cyclomatic: 3, cognitive: 3, functionLines: 1, fileLines: 1, parameters: 2, nestingDepth: 2 }),
  ).toEqual([]);
});
