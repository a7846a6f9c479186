import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { hedged } from "./hedged.ts";

test("the first attempt that ends decides, and what comes later is taken back", async () => {
  const clock = createManualClock();
  const attempts: PromiseWithResolvers<string>[] = [];
  const discarded: string[] = [];
  const result = hedged(
    () => {
      const attempt = Promise.withResolvers<string>();
      attempts.push(attempt);
      return attempt.promise;
    },
    { clock, firstWaitMs: 100, discard: (late) => void discarded.push(late) },
  );
  expect(attempts).toHaveLength(1);
  await clock.advance(100);
  expect(attempts).toHaveLength(2);
  await clock.advance(149);
  expect(attempts).toHaveLength(2);
  await clock.advance(1);
  expect(attempts).toHaveLength(3);
  attempts[1]?.resolve("second");
  expect(await result).toBe("second");
  attempts[0]?.resolve("first");
  attempts[2]?.reject(new Error("too late"));
  await clock.advance(10_000);
  expect(discarded).toEqual(["first"]);
  expect(attempts).toHaveLength(3);
});

test("an answer that says no decides, too", async () => {
  const clock = createManualClock();
  const refuse = () => Promise.reject(new Error("no"));
  await expect(hedged(refuse, { clock, firstWaitMs: 100, discard: () => {} })).rejects.toThrow("no");
});
