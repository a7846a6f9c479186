import { createManualClock } from "@antiphon/std";
import { expect, test } from "vitest";
import { BridgeError } from "../error.ts";
import { createOutbox } from "./outbox.ts";

function setUp(send: (item: string) => Promise<void>) {
  const clock = createManualClock();
  return {
    clock,
    outbox: createOutbox<string>({
      send: ([item = ""]) => send(item),
      sizeOf: (item) => item.length,
      limit: 3,
      limitBytes: 100,
      clock,
    }),
  };
}

test("waits out an outage and keeps the order", async () => {
  const sent: string[] = [];
  let away = true;
  const { clock, outbox } = setUp(async (item) => {
    if (away) throw new Error("away");
    sent.push(item);
  });
  const added = Promise.all(["a", "b", "c"].map((item) => outbox.add(item, undefined)));
  await clock.advance(10_000);
  expect(outbox.size).toBe(3);
  away = false;
  await clock.advance(10_000);
  await added;
  expect(sent).toEqual(["a", "b", "c"]);
});

test("a refusal for good reaches its publisher and lets the next through", async () => {
  const { outbox } = setUp(async (item) => {
    if (item === "bad") throw new BridgeError("BRIDGE_MESSAGE_TOO_LARGE", "too large");
  });
  const bad = outbox.add("bad", undefined);
  const good = outbox.add("good", undefined);
  await expect(bad).rejects.toMatchObject({ code: "BRIDGE_MESSAGE_TOO_LARGE" });
  await good;
});

test("bounds bytes as well as items", async () => {
  const { outbox, clock } = setUp(() => new Promise<never>(() => {}));
  void outbox.add("x".repeat(60), undefined);
  await expect(outbox.add("x".repeat(60), undefined)).rejects.toMatchObject({ code: "BRIDGE_OUTBOX_FULL" });
  expect(clock.pendingTimers).toBe(0);
});

test("a batch leaves together, in order, and without what was taken back meanwhile", async () => {
  const clock = createManualClock();
  const batches: (readonly string[])[] = [];
  let away = true;
  const send = async (items: readonly string[]) => {
    if (away) throw new Error("away");
    batches.push(items);
  };
  const outbox = createOutbox<string>({ send, batchSize: 2, sizeOf: () => 1, limit: 10, limitBytes: 10, clock });
  const abort = new AbortController();
  const added = ["a", "b", "c", "d", "e"].map((item) => outbox.add(item, item === "b" ? abort.signal : undefined));
  const settled = Promise.allSettled(added);
  abort.abort();
  away = false;
  await clock.advance(10_000);
  expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", ...Array(3).fill("fulfilled")]);
  expect(batches.flat()).toEqual(["a", "c", "d", "e"]);
  expect(outbox.size).toBe(0);
});

test("closing gives the items a while, then rejects them", async () => {
  const { clock, outbox } = setUp(() => Promise.reject(new Error("away")));
  const added = ["a", "b"].map((item) => outbox.add(item, undefined));
  const settled = Promise.allSettled(added);
  const closing = outbox.close(5_000);
  await clock.advance(6_000);
  await closing;
  expect((await settled).map((result) => result.status)).toEqual(["rejected", "rejected"]);
  await expect(outbox.add("c", undefined)).rejects.toMatchObject({ code: "BRIDGE_CLOSED" });
});

test("dropOldest: what waits longest gives way, what is under way does not", async () => {
  const gate = Promise.withResolvers<void>();
  const sent: string[] = [];
  const outbox = createOutbox<string>({
    send: async (items) => {
      await gate.promise;
      sent.push(...items);
    },
    sizeOf: () => 1,
    limit: 3,
    limitBytes: 100,
    overflow: "dropOldest",
    clock: createManualClock(),
  });
  const added = ["under way", "old", "newer", "newest", "last"].map((item) => outbox.add(item, undefined));
  const settled = Promise.allSettled(added);
  gate.resolve();
  expect((await settled).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(sent).toEqual(["under way", "newest", "last"]);
  expect(outbox.dropped).toBe(2);
  await expect(added[1]).rejects.toMatchObject({ code: "BRIDGE_OUTBOX_FULL" });
});

test("dropNew, the default: the newcomer is refused and counted", async () => {
  const { outbox } = setUp(() => new Promise<never>(() => {}));
  for (const item of ["a", "b", "c"]) void outbox.add(item, undefined);
  await expect(outbox.add("d", undefined)).rejects.toMatchObject({ code: "BRIDGE_OUTBOX_FULL" });
  expect(outbox).toMatchObject({ size: 3, dropped: 1 });
});

test("block: newcomers wait for room in their order, and may give up or be closed out", async () => {
  const gates: (() => void)[] = [];
  const sent: string[] = [];
  const clock = createManualClock();
  const outbox = createOutbox<string>({
    send: ([item = ""]) => new Promise((resolve) => gates.push(() => (sent.push(item), resolve()))),
    sizeOf: () => 1,
    limit: 1,
    limitBytes: 100,
    overflow: "block",
    clock,
  });
  const abort = new AbortController();
  const items = ["a", "b", "gives up", "c"];
  const added = items.map((item) => outbox.add(item, item === "gives up" ? abort.signal : undefined));
  const settled = Promise.allSettled(added);
  expect(outbox.size).toBe(4);
  abort.abort();
  for (let index = 0; index < 3; index++) {
    await clock.advance(0);
    gates.shift()?.();
  }
  expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(sent).toEqual(["a", "b", "c"]);
  expect(outbox).toMatchObject({ size: 0, dropped: 0 });
  const stuck = ["d", "e"].map((item) => outbox.add(item, undefined));
  const rejected = Promise.allSettled(stuck);
  const closing = outbox.close(1_000);
  await clock.advance(1_000);
  gates.shift()?.();
  await closing;
  expect((await rejected).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});
