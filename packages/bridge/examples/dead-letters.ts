// Orders that must not get lost: they are published once however often that is tried, handled in order per customer, tried again when a
// handler fails, buried when they cannot be handled, and taken up again once the fault is repaired.
// Here: `npx node --conditions=@antiphon/source packages/bridge/examples/dead-letters.ts`; in a project of your own: `node dead-letters.ts`.
import { createMemoryBus, rejectMessage } from "@antiphon/bridge";

// For several processes: await connectNatsBus({ servers: "127.0.0.1:4222", stream: { name: "shop", subjects: ["shop.>"] } })
await using bus = createMemoryBus();

const handled: string[] = [];
const fails = new Set(["bea-1"]);
let teaIsOut = true;
let changed = Promise.withResolvers<void>();
/** Resolves when what was published so far has gone one way or the other. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) {
    await Promise.race([changed.promise, new Promise((resolve) => setTimeout(resolve, 20))]);
    changed = Promise.withResolvers();
  }
}

await bus.subscribe(
  "shop.order.*",
  ({ id, data, attempt }) => {
    const { item } = JSON.parse(new TextDecoder().decode(data)) as { readonly item: string };
    // A failure that passes: the message comes again after a pause.
    if (fails.delete(id)) throw new Error("the till is jammed");
    // One that does not: there is no sense in trying five times.
    if (item === "tea" && teaIsOut) throw rejectMessage("there is no tea");
    handled.push(id);
    console.log(`${id}: ${item}${attempt > 1 ? `, at attempt ${attempt}` : ""}`);
    changed.resolve();
  },
  // The name outlives the process: what comes while nobody is there waits. A customer is a lane, whose orders keep their order.
  { durable: "kitchen", laneOf: ({ subject }) => subject, backoffMs: [10, 20] },
);

const order = (customer: string, number: number, item: string) =>
  bus.publish(`shop.order.${customer}`, new TextEncoder().encode(JSON.stringify({ item })), {
    id: `${customer}-${number}`,
  });
await Promise.all([order("ada", 1, "cake"), order("ada", 2, "tea"), order("ada", 3, "bread"), order("bea", 1, "soup")]);
await order("ada", 1, "cake"); // somebody was not sure whether it had gone out: the same id changes nothing
await until(async () => handled.length === 3 && (await bus.deadLetters("kitchen")).length === 1);

for (const { id, reason, failure, attempts } of await bus.deadLetters("kitchen"))
  console.log(`buried: ${id}, ${reason}, ${failure}, attempts: ${attempts}`);

// The tea has come. What was buried is given to this subscriber again, and to no other.
teaIsOut = false;
console.log(`taken up again: ${await bus.redrive("kitchen")}`);
await until(() => handled.length === 4);
console.log(
  `handled ${handled.length}; still buried: ${(await bus.deadLetters("kitchen")).length}; repeated on the way: ${bus.stats.redelivered > 0}`,
);
