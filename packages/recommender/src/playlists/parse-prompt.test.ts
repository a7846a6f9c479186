import fc from "fast-check";
import { expect, test } from "vitest";
import { RecommenderError } from "../error.ts";
import { parsePrompt } from "./parse-prompt.ts";

test("terms of every kind, side by side", () => {
  const terms = parsePrompt(
    String.raw`artist:(Sigur Rós):2:easy,nosim tag:(trip hop, dub)::or #punk #(dream pop):3 stats:ada::month recs:(ada)::unlistened artist:(Godspeed \(You\) \\)`,
  );
  expect(terms.map(({ text: _, ...term }) => term)).toEqual([
    { entity: "artist", values: ["Sigur Rós"], weight: 2, options: ["easy", "nosim"] },
    { entity: "tag", values: ["trip hop", "dub"], weight: 1, options: ["or"] },
    { entity: "tag", values: ["punk"], weight: 1, options: [] },
    { entity: "tag", values: ["dream pop"], weight: 3, options: [] },
    { entity: "stats", values: ["ada"], weight: 1, options: ["month"] },
    { entity: "recs", values: ["ada"], weight: 1, options: ["unlistened"] },
    { entity: "artist", values: [String.raw`Godspeed (You) \ `.trim()], weight: 1, options: [] },
  ]);
  expect(terms[1]?.text).toBe("tag:(trip hop, dub)::or");
});

test.each([
  ["", 1, "empty"],
  ["   ", 1, "empty"],
  ["hello", 1, "begins with none of"],
  ["artist:(Björk) genre:(x)", 16, '"genre:(x)"'],
  ["artist:(Björk", 8, "not closed"],
  ["artist:()", 10, "empty value"],
  ["tag:(a,,b)", 11, "empty value"],
  ["artist:(x):0", 11, "from 1 to 9"],
  ["artist:(x):easy", 11, "behind a second colon"],
  ["artist:(x)::or", 12, '"or" is no option of artist'],
  ["mood:(purple)", 14, "is no mood"],
  ["artist:(x)y", 11, "cannot stand behind"],
  ["#a ".repeat(11), 31, "more than 10 terms"],
  [`#${"a".repeat(500)}`, 501, "over 500 characters"],
])("%j is refused at character %i", (prompt, position, words) => {
  expect(() => parsePrompt(prompt)).toThrow(
    expect.objectContaining({
      code: "RECOMMENDER_PROMPT_INVALID",
      message: expect.stringContaining(words),
      details: expect.objectContaining({ position }),
    }),
  );
});

test("no text makes it fail in another way", () => {
  const piece = fc.constantFrom(
    "artist:",
    "tag:",
    "#",
    "(",
    ")",
    ":",
    ",",
    "\\",
    " ",
    "easy",
    "x",
    "9",
    "mood:",
    "calm",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join("")),
      ),
      (prompt) => {
        try {
          for (const term of parsePrompt(prompt)) expect(prompt).toContain(term.text);
        } catch (error) {
          expect(error).toBeInstanceOf(RecommenderError);
        }
      },
    ),
  );
});
