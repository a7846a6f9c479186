import { createSecret } from "@antiphon/std";
import { expect, test } from "vitest";
import { isSecretName, redactFields, redactText } from "./redact.ts";

// Made up, in the shape of a real one; put together here so that no scanner takes it for one.
const botToken = ["MTEyMjMzNDQ1NTY2Nzc4ODk5", "GhIjKl", "abcdefghijklmnopqrstuvwxyz0123456789AB"].join(".");

test.each([
  [`it failed for ${botToken}`, "it failed for [redacted]"],
  ["Authorization: Bearer abcdefgh12345", "Authorization: Bearer [redacted]"],
  ["GET https://x.test/?token=abc&b=1", "GET https://x.test/?token=[redacted]&b=1"],
  ['{"password":"hunter2"}', '{"password":"[redacted]"}'],
  ["redis://user:hunter2@host:6379", "redis://user:[redacted]@host:6379"],
  ["the token is wrong", "the token is wrong"],
])("%j becomes %j", (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test.each(["token", "apiKey", "API_KEY", "Set-Cookie", "client_secret"])("%s names a secret", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each(["tokens", "tokenCount", "secretary", "userId"])("%s names no secret", (name) => {
  expect(isSecretName(name)).toBe(false);
});

test("nested secrets are replaced and everything else is untouched", () => {
  const date = new Date(0);
  const fields = { user: "a", at: date, headers: { authorization: "x", host: "h" }, list: [{ token: "t" }, 1] };
  expect(redactFields(fields)).toEqual({
    user: "a",
    at: date,
    headers: { authorization: "[redacted]", host: "h" },
    list: [{ token: "[redacted]" }, 1],
  });
  expect(fields.headers.authorization).toBe("x");
});

test("fields without secrets are not copied", () => {
  const fields = { a: 1, nested: { b: [1, 2] }, secret: undefined, wrapped: createSecret("s") };
  expect(redactFields(fields)).toBe(fields);
});

test("a circle ends", () => {
  const circle: Record<string, unknown> = { token: "t" };
  circle["self"] = circle;
  expect(JSON.stringify(redactFields(circle))).not.toContain('"t"');
});
