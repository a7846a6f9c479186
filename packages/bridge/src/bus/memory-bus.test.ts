import { expect, test } from "vitest";
import { describeBusTransport } from "./bus-transport.contract.ts";
import { describeCoreBus } from "./core-bus.contract.ts";
import { MAXIMUM_MESSAGE_BYTES } from "./bus-transport.ts";
import { describeDeadLetters } from "./dead-letters.contract.ts";
import { describeDurableStream } from "./durable-stream.contract.ts";
import { createMemoryBus } from "./memory-bus.ts";

describeBusTransport("memory", async () => ({ bus: createMemoryBus(), prefix: "events" }));
describeCoreBus("memory", async () => createMemoryBus());
describeDeadLetters("memory", async (logger) => ({
  bus: createMemoryBus({ logger }),
  prefix: "events",
  mostBytes: MAXIMUM_MESSAGE_BYTES,
}));
describeDurableStream("memory", async (logger) => ({ bus: createMemoryBus({ logger }), prefix: "events" }));

test("what a slow durable subscriber misses is counted", async () => {
  await using bus = createMemoryBus({ streamLimit: 3 });
  for (let index = 0; index < 5; index++) await bus.publish("a", new Uint8Array([index]), { id: `${index}` });
  const seen: number[] = [];
  const done = Promise.withResolvers<void>();
  await bus.subscribe(
    "a",
    ({ data }) => {
      seen.push(data[0] ?? -1);
      if (seen.length === 3) done.resolve();
    },
    { durable: "late" },
  );
  await done.promise;
  expect(seen).toEqual([2, 3, 4]);
  expect(bus.stats.lost).toBe(2);
});
