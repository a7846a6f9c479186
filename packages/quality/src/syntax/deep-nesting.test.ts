import { expect, test } from "vitest";
import { analyzeSource } from "../analyze-source.ts";
import { findDeepNesting } from "./deep-nesting.ts";

const times = (text: string, count = 30_000) => text.repeat(count);

/** Texts that would end the process if they were parsed. */
const deep: Readonly<Record<string, string>> = {
  parentheses: `${times("(")}1${times(")")}`,
  "brackets that never close": times("["),
  blocks: `${times("{")}${times("}")}`,
  "brackets on lines of their own": times("(\n"),
  "brackets after a text that closes them": `(")"+${times('(")"+')}1`,
  "brackets after a comment that closes them": times("(/*)*/"),
  "brackets after a pattern that closes them": times("(/\\)/,"),
  templates: `${times("`${")}1${times("}`")}`,
  "templates whose text closes them": times("`}${"),
  "arrow functions": `x=${times("a=>")}1`,
  "arrow functions on lines of their own": `x=${times("a =>\n")}1`,
  ternaries: `x=${times("a?1:")}1`,
  "ternaries with their signs in front": `x=${times("a\n?1\n:")}1`,
  assignments: `${times("x=")}1`,
  "else after else": times("if(a);else "),
  conditions: times("if (a)\n"),
  labels: times("a:"),
  elements: `x=${times("<a>")}${times("</a>")}`,
  "types with parameters": `type A=${times("Array<")}1${times(">")}`,
  "operators of types": `type A=${times("keyof ")}B`,
  awaits: `x=${times("await ")}1`,
};

test.each(Object.entries(deep))("%s are a finding, and the analysis goes on", (_what, text) => {
  expect(findDeepNesting(text)).toBeGreaterThan(1_000);
  const { findings } = analyzeSource("deep.tsx", text);
  expect(findings).toMatchObject([{ rule: "parse/too-nested", severity: "warning" }]);
});

test("what our own walk cannot reach is a finding, too", () => {
  const { findings } = analyzeSource("deep.ts", `x = a${times("()", 20_000)};`);
  expect(findings.map(({ rule }) => rule)).toEqual(["parse/too-nested"]);
});

const flat: Readonly<Record<string, string>> = {
  "a long list": `const list = [${times("[1, (2)], ")}];`,
  "a long object": `const names = {${times("a: `x${1}y`, ")}};`,
  "statements without semicolons": times("const a = b\nconst c = (d) => d ? 1 : 2\n"),
  "statements on one line": times("a = b ? c : d; "),
  "siblings of an element": `const page = <ul>${times("<li>a</li><br/>")}</ul>;`,
  "texts and patterns with brackets": times("a(\"(\", '[', /[(\\]{]/, 1 / 2, `{${b}(`);\n"),
  "comments with brackets": times("// (((\n/* [[[ */\n"),
};

test.each(Object.entries(flat))("%s is not deep", (_what, text) => {
  expect(findDeepNesting(text)).toBeUndefined();
});
