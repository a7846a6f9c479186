import { expect, test } from "vitest";
import { thresholdOf } from "./log-threshold.ts";

test.each([
  ["info", false, "info"],
  ["info", true, "debug"],
  ["silent", true, "debug"],
  ["trace", true, "trace"],
] as const)("a level of %s, debugged: %s, logs from %s on", (level, debug, expected) => {
  const logging = { level, format: "json", handlers: ["console" as const], file: "x" } as const;
  expect(
    thresholdOf({ application: { name: "bot", debug }, logging: { ...logging, handlers: [...logging.handlers] } }),
  ).toBe(expected);
});
