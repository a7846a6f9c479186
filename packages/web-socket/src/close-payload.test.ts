import { expect, test } from "vitest";
import { encodeClosePayload, readClosePayload } from "./close-payload.ts";

test("a close frame says why, says nothing, or says what nobody may", () => {
  expect(readClosePayload(Buffer.from(encodeClosePayload(4011)))).toEqual({ code: 4011, reason: undefined });
  expect(readClosePayload(Buffer.concat([encodeClosePayload(1000), Buffer.from("bye")]))).toEqual({
    code: 1000,
    reason: "bye",
  });
  expect(readClosePayload(Buffer.alloc(0))).toEqual({ code: 1005, reason: undefined });
  expect(readClosePayload(Buffer.of(3))).toBeUndefined();
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535]) {
    expect(readClosePayload(Buffer.from(encodeClosePayload(code)))).toBeUndefined();
  }
  for (const code of [1000, 1003, 1007, 1014, 3000, 4999]) {
    expect(readClosePayload(Buffer.from(encodeClosePayload(code)))?.code).toBe(code);
  }
});
