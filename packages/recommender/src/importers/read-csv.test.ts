import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv, type CsvRecord } from "./read-csv.ts";

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}
const read = async (text: string, length = text.length || 1, delimiter = ","): Promise<CsvRecord[]> =>
  (await Array.fromAsync(readCsv(inPieces(text, length), delimiter))).flat();

const text = '\uFEFFa,b\r\n"x, y","say ""hi"""\n\n"two\nlines",z\nlast,"quoted"tail';
const records = [
  { line: 1, fields: ["a", "b"] },
  { line: 2, fields: ["x, y", 'say "hi"'] },
  { line: 4, fields: ["two\nlines", "z"] },
  { line: 6, fields: ["last", "quotedtail"] },
];

test("reads quotes, both line ends, a mark at the beginning and no line end at the end", async () => {
  expect(await read(text)).toEqual(records);
});

test("reads the same in pieces of any length", async () => {
  for (let length = 1; length < text.length; length++) expect(await read(text, length)).toEqual(records);
});

test("gives back what was written", async () => {
  const field = fc.string().map((value) => value.replaceAll("\r", ""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 })),
      fc.integer({ min: 1, max: 9 }),
      async (rows, length) => {
        const written = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(";")).join("\n");
        expect((await read(written, length, ";")).map(({ fields }) => fields)).toEqual(rows);
      },
    ),
  );
});

test("gives a line without end up, and reads on behind it", async () => {
  const long = "x".repeat(300_000);
  expect(await read(`a,b\n${long}\nc,d\n`, 10_000)).toEqual([
    { line: 1, fields: ["a", "b"] },
    { line: 2, fields: null },
    { line: 3, fields: ["c", "d"] },
  ]);
});

test("a quote that is never closed does not swallow the file", async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `artist ${index},title`).join("\n");
  const found = await read(`a,"b\n${rows}\n`, 5_000);
  expect(found[0]).toEqual({ line: 1, fields: null });
  expect(found.length).toBe(20_001);
  expect(found.at(-1)).toEqual({ line: 20_001, fields: ["artist 19999", "title"] });
});
