import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createSecret } from "./secret.ts";

test("reveals its value only when asked", () => {
  const secret = createSecret("hunter2");
  expect(secret.reveal()).toBe("hunter2");
  const printed = [
    String(secret),
    `with ${String(secret)} in it`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }, { depth: null, showHidden: true }),
    inspect(secret, { customInspect: false }),
  ];
  for (const text of printed) expect(text).not.toContain("hunter2");
  expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}');
  expect(inspect(secret)).toBe("[redacted]");
});
