// Commands and events between two programs over NATS, and a server that goes away in between: what is sent meanwhile waits in a bounded
// outbox, in order, and a request says clearly whether nobody was there or nobody was in time.
// Here: `npx node --conditions=@antiphon/source packages/bridge/examples/bus-through-an-outage.ts`; in a project of your own:
// `node bus-through-an-outage.ts`.
import { connectNatsCoreBus } from "@antiphon/bridge";
import { startNatsSimulator } from "@antiphon/sim/nats";
import { describeError } from "@antiphon/std";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = (data: Uint8Array) => JSON.parse(new TextDecoder().decode(data)) as unknown;

// A real server takes its place with `servers: "nats.example:4222"` and credentials.
await using nats = await startNatsSimulator();
const options = { servers: `127.0.0.1:${nats.port}`, reconnectWaitMs: 50 };
await using bot = await connectNatsCoreBus({ ...options, name: "bot" });
await using display = await connectNatsCoreBus({ ...options, name: "display" });

const shown: unknown[] = [];
const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
await display.listen("radio.*.track", ({ data }) => {
  shown.push(read(data));
  for (const { count, resolve } of waiting) if (shown.length >= count) resolve();
});
const shownAll = (count: number) =>
  new Promise<void>((resolve) => (shown.length >= count ? resolve() : void waiting.push({ count, resolve })));

await bot.respond("radio.lounge.skip", async ({ data }) => bytes({ skipped: read(data) }));
console.log(read(await display.request("radio.lounge.skip", bytes({ reason: "too loud" }))));
await display.request("radio.attic.skip", bytes({})).catch((error: unknown) => console.log(describeError(error)));

await bot.send("radio.lounge.track", bytes("Harbour"));
await shownAll(1);

// The server goes away. Whoever listens is gone, too, for a moment: what must not be lost needs a stream (`connectNatsBus`).
const back = nats.restart(200);
const late = ["Glass", "Tidewater"].map((title) => bot.send("radio.lounge.track", bytes(title), { id: title }));
console.log(`in the outbox: ${bot.stats.outboxSize > 0 ? "what was sent meanwhile" : "nothing"}`);
await back;
await Promise.all(late);
console.log(`sent after all: ${bot.stats.sent}; left in the outbox: ${bot.stats.outboxSize}`);

// A listener hears what is sent while it is there, so this is said until the display is back.
const before = shown.length;
while (shown.length === before) {
  await bot.send("radio.lounge.track", bytes("First Light"));
  await new Promise((resolve) => setTimeout(resolve, 50));
}
console.log(`the display shows ${String(shown.at(-1))}; the first that it heard was ${String(shown[0])}`);
