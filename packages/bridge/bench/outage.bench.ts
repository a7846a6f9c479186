import { defineBench } from "@antiphon/bench";
import { connectNatsBus } from "../src/index.ts";
import { freePorts, startNatsProcess } from "../test/nats-process.ts";

const COUNT = 1_000;
const AWAY_MS = 3_000;
const pause = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));

/** How many of the messages that are published around an outage arrive, up to the first out of its place. */
export const killedServer = defineBench({
  name: "server killed for 3 s while 1,000 messages are published",
  unit: "in order",
  bar: { atLeast: COUNT },
  subject: {
    name: "connectNatsBus",
    measure: async () => {
      await using server = await startNatsProcess((await freePorts(1))[0] ?? 0);
      const options = { servers: `127.0.0.1:${server.port}`, stream: { name: "out", subjects: ["out.>"] } };
      await using bus = await connectNatsBus(options);
      await using reader = await connectNatsBus(options);
      const seen: string[] = [];
      const all = Promise.withResolvers<void>();
      const handler = ({ data }: { readonly data: Uint8Array }) => {
        seen.push(Buffer.from(data).toString());
        if (seen.length === COUNT) all.resolve();
      };
      await reader.subscribe("out.x", handler, { durable: "reader", maximumInFlight: 256, ackWaitMs: 1_000 });
      const published: Promise<void>[] = [];
      let outage: Promise<void> | undefined;
      for (let index = 0; index < COUNT; index++) {
        published.push(bus.publish("out.x", Buffer.from(`${index}`), { id: `${index}` }));
        if (index === 300)
          outage = server
            .kill()
            .then(() => pause(AWAY_MS))
            .then(() => server.start());
        await pause(2);
      }
      await Promise.all([...published, outage]);
      await Promise.race([all.promise, pause(20_000)]);
      // What comes twice comes late.
      await pause(1_500);
      const wrong = seen.findIndex((text, index) => text !== `${index}`);
      return wrong === -1 && seen.length === COUNT ? COUNT : Math.max(0, wrong);
    },
  },
  note: "nats.js alone delivered none of those that were published while the server was away.",
});
