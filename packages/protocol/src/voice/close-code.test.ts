import { expect, test } from "vitest";
import { voiceCloseAction, voiceCloseCodes } from "./close-code.ts";

// @see [Discord Docs/Opcodes and Status Codes], "Voice Close Event Codes"
test.each([
  [1000, "resume"],
  [1001, "resume"],
  [1006, "resume"],
  [4001, "fail"],
  [4002, "fail"],
  [4003, "fail"],
  [4004, "fail"],
  [4005, "fail"],
  [4006, "rejoin"],
  [4009, "rejoin"],
  [4011, "rejoin"],
  [4012, "fail"],
  [4014, "none"],
  [4015, "resume"],
  [4016, "fail"],
  [4017, "fail"],
  [4020, "fail"],
  [4021, "none"],
  [4022, "none"],
  [4999, "rejoin"],
] as const)("close code %i leads to %s", (code, action) => {
  expect(voiceCloseAction(code)).toBe(action);
});

test("every documented code has a meaning that is a sentence", () => {
  for (const { meaning } of voiceCloseCodes.values()) expect(meaning).toMatch(/^[A-Z].*\.$/);
  expect(voiceCloseCodes.size).toBe(16);
});
