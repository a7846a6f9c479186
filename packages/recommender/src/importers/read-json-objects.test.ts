import { expect, test } from "vitest";
import { readJsonObjects, type JsonRecord } from "./read-json-objects.ts";

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}
const read = (text: string, length: number) => Array.fromAsync<JsonRecord>(readJsonObjects(inPieces(text, length)));

test("finds objects on lines and in arrays, in pieces of any length", async () => {
  const objects = [{ a: 'br{ace "quoted" \\' }, { b: { c: [{}] } }];
  const text = JSON.stringify(objects[0]) + "\n" + JSON.stringify([objects[1]], null, 1);
  for (let length = 1; length <= text.length; length++) {
    const found = await read(text, length);
    expect(found.map(({ value }) => value)).toEqual(objects);
    expect(found.map(({ line }) => line)).toEqual([1, 3]);
  }
});

test("a broken, an endless and an unfinished object say so, and the rest is read", async () => {
  const found = await read(`{"a":}\n{"b":1}\n{"c":"${"x".repeat(1_200_000)}"}\n{"d":2}\n{"e":`, 65_536);
  expect(found).toEqual([
    { line: 1, problem: "notJson" },
    { line: 2, value: { b: 1 } },
    { line: 3, problem: "tooLong" },
    { line: 4, value: { d: 2 } },
    { line: 5, problem: "notJson" },
  ]);
});
