import { describe, expect, expectTypeOf, it } from "vitest";
import { compilePattern, customId, type PatternParameters } from "./custom-id.ts";

describe("patterns", () => {
  it("know their parameters", () => {
    expectTypeOf<PatternParameters<"queue:page/:page">>().toEqualTypeOf<{ readonly page: string }>();
    expectTypeOf<PatternParameters<"a/:b/c/:d">>().toEqualTypeOf<{ readonly b: string; readonly d: string }>();
    // @ts-expect-error the parameter is missing
    customId("queue:page/:page", {});
  });

  it.each(["1", "a/b", "%", "ünï:c/öde?", ""])("bring %j there and back", (value) => {
    const id = customId("queue:page/:page/:kind", { page: value, kind: "x" });
    expect(compilePattern("queue:page/:page/:kind").match(id)).toEqual({ page: value, kind: "x" });
  });

  it("do not match other ids", () => {
    const { match } = compilePattern("a/:b");
    for (const id of ["a", "a/1/2", "b/1", "a/%", ""]) expect(match(id)).toBeUndefined();
  });

  it("are checked", () => {
    for (const pattern of ["", "a/:", ":a/:a", "x".repeat(101)]) {
      expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: "CORE_PATTERN_INVALID" }));
    }
    expect(() => customId("a/:b", { b: "x".repeat(99) })).toThrow(
      expect.objectContaining({ code: "CORE_PATTERN_INVALID" }),
    );
    // Half of a character, as a text that was cut has it at its end.
    expect(() => customId("a/:b", { b: "\ud83d" })).toThrow(expect.objectContaining({ code: "CORE_PATTERN_INVALID" }));
  });
});
