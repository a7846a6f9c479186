import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findRepetitions } from "./find-repetitions.ts";
import { chooseFingerprints } from "./fingerprints.ts";
import { scanTokens } from "./tokens.ts";

const nothing = { skipped: [], whole: [] };
const scan = (text: string) => {
  const { starts, ends } = scanTokens(text, nothing);
  return [...starts].map((start, index) => text.slice(start, ends[index]));
};

describe("tokens", () => {
  test("are words, strings, operators, and every other character by itself", () => {
    expect(scan(`const a1 = "x \\" y" + b['q'] >= (c ?? 0);`)).toEqual([
      ..."const a1 =".split(" "),
      `"x \\" y"`,
      ..."+ b [ 'q' ] >= ( c ?? 0 ) ;".split(" "),
    ]);
    expect(scan("é = '日本'")).toEqual(["é", "=", "'日本'"]);
    expect(scan(`"never closed`)).toEqual([`"never closed`]);
  });

  test("leave out comments, and take a pattern as one, although a slash begins both", () => {
    const text = "a = /x'y/+/* it's */b";
    const hints = { skipped: [{ start: 10, end: 20 }], whole: [{ start: 4, end: 9 }] };
    const { starts, ends } = scanTokens(text, hints);
    expect([...starts].map((start, index) => text.slice(start, ends[index]))).toEqual(["a", "=", "/x'y/", "+", "b"]);
  });

  test("cover every character that is no space, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const visible = (from: string) => from.replaceAll(/[\u0000-\u0020]/g, "");
        expect(visible(scan(text).join(""))).toBe(visible(text));
      }),
    );
  });
});

const tokensOf = (values: readonly number[]) => Int32Array.from(values);

describe("repetitions", () => {
  test("are found wherever they stand, however long they are, and at their full length", () => {
    const atLeast = 20;
    const noise = fc.array(fc.integer({ min: 1_000, max: 1_000_000 }), { maxLength: 60 });
    const shared = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: atLeast, maxLength: 90 });
    fc.assert(
      fc.property(noise, noise, noise, shared, (before, between, after, code) => {
        const first = tokensOf([...before, 0, ...code, -1]);
        const second = tokensOf([...between, -2, ...code, -3, ...after]);
        const longest = findRepetitions([first, second], atLeast).toSorted((a, b) => b.tokens - a.tokens)[0];
        expect(longest?.tokens).toBeGreaterThanOrEqual(code.length);
      }),
    );
  });

  test("are not found below the length, nor where a token differs", () => {
    const row = Array.from({ length: 40 }, (_, index) => index * 7919);
    expect(findRepetitions([tokensOf(row), tokensOf(row)], 40)).toMatchObject([{ tokens: 40 }]);
    expect(findRepetitions([tokensOf(row), tokensOf(row)], 41)).toEqual([]);
    const changed = row.map((token, index) => (index === 20 ? -1 : token));
    expect(findRepetitions([tokensOf(row), tokensOf(changed)], 21)).toEqual([]);
  });

  test("within a file don't run into themselves", () => {
    const row = Array.from({ length: 30 }, (_, index) => index * 7919);
    expect(findRepetitions([tokensOf([...row, -1, ...row])], 30)).toEqual([
      { first: { file: 0, index: 0 }, second: { file: 0, index: 31 }, tokens: 30 },
    ]);
    const [found] = findRepetitions([new Int32Array(100).fill(5)], 20);
    expect(found?.tokens ?? 0).toBeLessThanOrEqual(50);
  });

  test("share a fingerprint: of every window one is chosen", () => {
    const row = tokensOf(Array.from({ length: 300 }, (_, index) => (index * 48_271) % 1_009));
    const chosen = chooseFingerprints(row, 40).map(({ index }) => index);
    for (let index = 1; index < chosen.length; index++) {
      expect((chosen[index] ?? 0) - (chosen[index - 1] ?? 0)).toBeLessThanOrEqual(21);
    }
  });
});
