import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigurationError, ExternalServiceError, ValidationError } from "./domain-errors.ts";
import { Validator } from "./validator.ts";

test.each([
  ["a", "string"],
  [1, "number"],
  [1, "integer"],
  [[], "array"],
  [null, "null"],
  [{}, "object"],
] as const)("%j is a %s", (value, kind) => {
  expect(Validator.validateType(value, kind, "field")).toBe(value);
});

test.each([
  ["1", "number", "field: expected number, received string"],
  [Number.NaN, "number", "field: expected number, received number"],
  [1.5, "integer", "field: expected integer, received number"],
  [null, "object", "field: expected object, received null"],
  [[], "object", "field: expected object, received array"],
] as const)("%j is no %s", (value, kind, message) => {
  expect(() => Validator.validateType(value, kind, "field")).toThrow(message);
});

test("email addresses and URLs are checked, and never repeated in the message", () => {
  expect(Validator.validateEmail("user@example.com")).toBe("user@example.com");
  expect(Validator.validateUrl("https://example.com/a").hostname).toBe("example.com");
  expect(Validator.validateUrl("wss://x.test", { protocols: ["wss:"] }).protocol).toBe("wss:");
  for (const wrong of ["hunter2", "javascript:alert(1)", "", 7]) {
    for (const check of [() => Validator.validateEmail(wrong), () => Validator.validateUrl(wrong)]) {
      expect(check).toThrow(ValidationError);
      expect(check).not.toThrow(/hunter2|alert/);
    }
  }
});

test("a schema's problems name their field, not the value", () => {
  const schema = z.object({ name: z.string(), port: z.number().max(10) });
  expect(Validator.validate(schema, { name: "a", port: 1 }, "server")).toEqual({ name: "a", port: 1 });
  const error = (() => {
    try {
      Validator.validate(schema, { name: 123456, port: 99 }, "server");
    } catch (failure) {
      return failure as ValidationError;
    }
    throw new Error("it passed");
  })();
  expect(error.details["problems"]).toMatchObject([{ field: "server.name" }, { field: "server.port" }]);
  expect(error.message).not.toMatch(/123456|99/);
});

test("sanitize removes what cannot be seen and what turns text around", () => {
  expect(Validator.sanitize("  a\u0000b\u202Ec\r\nd\u200B ")).toBe("abc\nd");
  expect(Validator.sanitize("a\n\tb", { keepLines: false })).toBe("a b");
  expect(Validator.sanitize("abc😀", { maximumLength: 4 })).toBe("abc");
});

test("what sanitize gives is well formed, short enough and stays as it is when sanitized again", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (text, maximumLength) => {
        const clean = Validator.sanitize(text, { maximumLength });
        expect(clean.isWellFormed()).toBe(true);
        expect(clean.length).toBeLessThanOrEqual(maximumLength);
        expect(Validator.sanitize(clean.trim(), { maximumLength })).toBe(clean.trim());
      },
    ),
    { seed: 8 },
  );
});

test("each kind of error has its severity and can be retried or not", () => {
  expect(new ExternalServiceError("x", { service: "redis" })).toMatchObject({
    retryable: true,
    details: { service: "redis" },
    severity: "error",
  });
  expect(new ConfigurationError("x")).toMatchObject({
    retryable: false,
    severity: "critical",
    name: "ConfigurationError",
  });
});
