import { createManualClock } from "@antiphon/std";
import { describeIdentifyGate } from "../../gateway/src/identify-gate.contract.ts";
import { createBusIdentifyGate } from "../src/discord/index.ts";
import { createMemoryBus } from "../src/index.ts";

const WINDOW_MS = 5_250;

describeIdentifyGate("of the processes of a bus", async () => {
  const clock = createManualClock();
  const bus = createMemoryBus({ clock });
  const table = await bus.openKeyValue("turns", { create: true });
  const gate = () => createBusIdentifyGate({ table, maximumConcurrency: 2, windowMs: WINDOW_MS, clock });
  return {
    gates: [gate(), gate()],
    windowMs: WINDOW_MS,
    async pass(durationMs) {
      // In steps: who has waited reads the table before it waits again.
      for (let passedMs = 0; passedMs < durationMs; passedMs += 250) await clock.advance(250);
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
});
