import { createManualClock } from "@antiphon/std";
import { createMemorySharedLimiter } from "./memory-shared-limiter.ts";
import { describeSharedLimiter } from "./shared-limiter.contract.ts";

describeSharedLimiter("in memory", async () => {
  const clock = createManualClock();
  const limiter = createMemorySharedLimiter({ clock });
  return {
    limiters: [limiter, limiter],
    pass: (durationMs) => clock.advance(durationMs),
    [Symbol.asyncDispose]: async () => {},
  };
});
