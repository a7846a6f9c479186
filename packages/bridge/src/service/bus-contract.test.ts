import { expect, test } from "vitest";
import { patternOf, subjectOf } from "./bus-contract.ts";

test("a subject has the values where the template has names, also the second time", () => {
  for (let turn = 0; turn < 3; turn++) {
    expect(subjectOf("shop.open", {})).toBe("shop.open");
    expect(subjectOf("shop.{region}.order", { region: "north" })).toBe("shop.north.order");
    expect(subjectOf("shop.{region}.order", { region: "a b.*" })).toBe("shop.a_b__.order");
    expect(subjectOf("{a}.{b}", { a: "1", b: "2" })).toBe("1.2");
    expect(subjectOf("{a}.{b}", { a: "1", b: "3" })).toBe("1.3");
    expect(subjectOf("{a}.{b}", { a: "2", b: "2" })).toBe("2.2");
    expect(subjectOf("{a}.{b}", { a: "", b: "2" })).toBe("_.2");
  }
});

test("a value that is missing is named, whatever was there before", () => {
  const missing = (name: string) => ({ code: "BRIDGE_INVALID_SUBJECT", message: expect.stringContaining(name) });
  expect(subjectOf("x.{region}", { region: "" })).toBe("x._");
  const none = {} as { readonly region: string };
  expect(() => subjectOf("x.{region}", none)).toThrow(expect.objectContaining(missing("region")));
  const inherited = {} as { readonly constructor: string };
  expect(() => subjectOf("x.{constructor}", inherited)).toThrow(expect.objectContaining(missing("constructor")));
  expect(patternOf("x.{region}.{shop}", { shop: "7" })).toBe("x.*.7");
});

test("more subjects than are remembered are as right as the first", () => {
  for (let index = 0; index < 25_000; index++)
    expect(subjectOf("order.{id}.paid", { id: `${index % 12_000}` })).toBe(`order.${index % 12_000}.paid`);
});
