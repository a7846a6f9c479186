import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPattern, checkSubject, matchesSubject, subjectToken } from "./subject.ts";

test.each([
  ["a.b.c", "a.b.c", true],
  ["a.*.c", "a.b.c", true],
  ["a.>", "a.b.c", true],
  [">", "a", true],
  ["a.>", "a", false],
  ["a.*", "a.b.c", false],
  ["a.b", "a.b.c", false],
  ["a.b.c", "a.b", false],
])("%s covers %s: %s", (pattern, subject, covers) => {
  expect(matchesSubject(pattern, subject)).toBe(covers);
});

test.each(["", "a..b", "a b", "a.\n", ".a", "a.", "a.*", "a.>", "x".repeat(256), "a\u0000b"])(
  "%j is no subject",
  (subject) => {
    expect(() => checkSubject(subject)).toThrow(expect.objectContaining({ code: "BRIDGE_INVALID_SUBJECT" }));
  },
);

test.each(["a.>.b", "a*", "", "a b"])("%j is no pattern", (pattern) => {
  expect(() => checkPattern(pattern)).toThrow(expect.objectContaining({ code: "BRIDGE_INVALID_SUBJECT" }));
});

test("any text becomes a token that a subject can hold", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(() => checkSubject(`antiphon.${subjectToken(text)}`)).not.toThrow();
    }),
  );
});
