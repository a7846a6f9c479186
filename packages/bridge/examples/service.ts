// Requests with a schema at both ends, over any bus: a wrong question is refused before it is sent, a repeated one is done once, one that
// comes too late is not begun, and the contract can be printed as AsyncAPI.
// Here: `npx node --conditions=@antiphon/source packages/bridge/examples/service.ts`; in a project of your own: `node service.ts`.
import { createMemoryBus } from "@antiphon/bridge";
import {
  asyncApiDocument,
  callService,
  defineEndpoint,
  defineEvent,
  defineRequest,
  openBusService,
  publishEvent,
  subscribeEvent,
} from "@antiphon/bridge/service";
import { AntiphonError, describeError } from "@antiphon/std";
import { z } from "zod";

await using bus = createMemoryBus(); // or await connectNatsBus({ … }); `nats micro ls` finds the service then

// The contract: a module that the service and those who ask share.
const reserve = defineRequest({
  subject: "hall.{hall}.reserve",
  question: z.object({ seats: z.int().min(1).max(8) }),
  answer: z.object({ row: z.string(), left: z.number() }),
  summary: "Reserves seats in a hall.",
});
const reserved = defineEvent({
  subject: "hall.{hall}.reserved",
  schema: z.object({ seats: z.number(), row: z.string() }),
  summary: "Seats were reserved.",
});

class HallError extends AntiphonError<"HALL_FULL"> {}

let left = 10;
let reservations = 0;
await using service = await openBusService({
  bus,
  name: "box-office",
  version: "1.0.0",
  endpoints: {
    reserve: defineEndpoint({
      request: reserve,
      answer: async ({ seats }: { readonly seats: number }) => {
        if (seats > left) throw new HallError("HALL_FULL", `${left} seats are left`);
        left -= seats;
        reservations++;
        const row = "ABCDEFGH".charAt(reservations - 1);
        await publishEvent(bus, reserved, { hall: "nave" }, { seats, row }, { id: `reservation-${reservations}` });
        return { row, left };
      },
    }),
  },
});

const shown = Promise.withResolvers<void>();
await subscribeEvent(
  bus,
  reserved,
  {},
  ({ seats, row }) => {
    console.log(`the display shows: ${seats} seats in row ${row}`);
    if (row === "B") shown.resolve();
  },
  { durable: "display" },
);

const place = { hall: "nave" };
console.log(await callService(bus, reserve, place, { seats: 4 }, { idempotencyKey: "order-17" }));
// The answer was lost on its way, so it is asked again with the same key: nobody gets eight seats.
console.log(await callService(bus, reserve, place, { seats: 4 }, { idempotencyKey: "order-17" }));
console.log(await callService(bus, reserve, place, { seats: 5 }));

const refused = (error: unknown) => console.log(`refused: ${describeError(error)}`);
await callService(bus, reserve, place, { seats: 3 }).catch(refused); // the service's own code comes through
await callService(bus, reserve, place, { seats: 99 }).catch(refused); // does not fit its schema, so it is not sent
await callService(bus, { ...reserve, subject: "hall.{hall}.cancel" }, place, { seats: 1 }).catch(refused); // nobody is there
await shown.promise;

console.log(`reservations that were made: ${reservations}`);
const document = asyncApiDocument({
  title: "Box office",
  version: "1.0.0",
  requests: { reserve },
  events: { reserved },
});
console.log(`AsyncAPI ${String((document as { readonly asyncapi?: unknown }).asyncapi)}`);
await service.close();
