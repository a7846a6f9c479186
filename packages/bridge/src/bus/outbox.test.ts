import { createManualClock, createSeededRandom } from "@antiphon/std";
import { expect, test } from "vitest";
import { BridgeError } from "../error.ts";
import { createOutbox, type OutboxOverflow } from "./outbox.ts";

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

test("those of a batch that share a promise still leave it one by one", async () => {
  const clock = createManualClock();
  const sent: string[] = [];
  let away = true;
  const outbox = createOutbox<string>({
    send: async (items) => {
      if (away) throw new Error("away");
      sent.push(...items);
    },
    mayShare: true,
    batchSize: 10,
    sizeOf: () => 1,
    limit: 10,
    limitBytes: 10,
    clock,
  });
  const abort = new AbortController();
  const added = ["a", "b", "c", "d"].map((item) => outbox.add(item, item === "c" ? abort.signal : undefined));
  expect(added[1]).toBe(added[3]);
  abort.abort();
  await expect(added[2]).rejects.toMatchObject({ name: "AbortError" });
  expect(outbox.size).toBe(3);
  away = false;
  await clock.advance(10_000);
  await Promise.all([added[0], added[1], added[3]]);
  expect(sent).toEqual(["a", "b", "d"]);
  away = true;
  const late = ["e", "f"].map((item) => outbox.add(item, undefined));
  const settled = Promise.allSettled(late);
  const closing = outbox.close(1_000);
  await clock.advance(2_000);
  await closing;
  expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test("a long outage with dropOldest keeps no more than the newest", async () => {
  const clock = createManualClock();
  const sent: number[] = [];
  let away = true;
  const outbox = createOutbox<number>({
    send: async (items) => {
      if (away) throw new Error("away");
      sent.push(...items);
    },
    batchSize: 64,
    sizeOf: () => 1,
    limit: 100,
    limitBytes: 1_000,
    overflow: "dropOldest",
    clock,
  });
  const settled = Promise.allSettled(Array.from({ length: 100_000 }, (_, index) => outbox.add(index, undefined)));
  expect(outbox).toMatchObject({ size: 100, dropped: 99_900 });
  away = false;
  await clock.advance(10_000);
  await settled;
  // The first one is under way and gives no way.
  expect(sent).toEqual([0, ...Array.from({ length: 99 }, (_, index) => 99_901 + index)]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever happens each promise tells the truth, and the order holds (%i)",
  async (seed) => {
    const random = createSeededRandom(seed);
    const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random.next() * values.length)] as Value;
    const clock = createManualClock();
    const mayShare = pick([true, false]);
    const arrived: number[] = [];
    let away = false;
    const outbox = createOutbox<number>({
      async send(items) {
        await clock.sleep(10);
        if (away) throw new Error("away");
        const refused = items.filter((item) => item % 7 === 0);
        arrived.push(...items.filter((item) => !refused.includes(item)));
        return new Map(refused.map((item) => [item, new Error("refused")]));
      },
      mayShare,
      batchSize: pick([1, 2, 5]),
      sizeOf: (item) => (item % 3) + 1,
      limit: 12,
      limitBytes: 20,
      overflow: pick<OutboxOverflow>(["block", "dropNew", "dropOldest"]),
      clock,
    });
    const aborts = new Map<number, AbortController>();
    const outcomes = new Map<number, string>();
    for (let item = 0; item < 400; item++) {
      const abort = random.next() < 0.3 ? new AbortController() : undefined;
      if (abort !== undefined) aborts.set(item, abort);
      outbox.add(item, abort?.signal).then(
        () => outcomes.set(item, "arrived"),
        (error: Error) => outcomes.set(item, error instanceof BridgeError ? error.code : error.name),
      );
      if (random.next() < 0.1) aborts.get(Math.floor(random.next() * item))?.abort();
      if (random.next() < 0.1) away = !away;
      if (random.next() < 0.3) await clock.advance(pick([1, 20, 300]));
    }
    away = false;
    await clock.advance(60_000);
    expect(outbox.size).toBe(0);
    expect(outcomes.size).toBe(400);
    expect(arrived).toEqual(arrived.toSorted((left, right) => left - right));
    expect(new Set(arrived).size).toBe(arrived.length);
    const all = [...outcomes.entries()];
    for (const [item] of all.filter(([, outcome]) => outcome === "arrived")) expect(arrived).toContain(item);
    for (const [item] of all.filter(([, outcome]) => outcome === "AbortError")) expect(aborts.has(item)).toBe(true);
    // Those that share a promise share a refusal, too.
    for (const [item] of all.filter(([, outcome]) => outcome === "Error")) if (!mayShare) expect(item % 7).toBe(0);
    for (const [item, outcome] of all) if (item % 7 === 0) expect(outcome).not.toBe("arrived");
    const gaveWay = all.filter(([, outcome]) => outcome === "BRIDGE_OUTBOX_FULL");
    expect(gaveWay.length).toBe(outbox.dropped);
    for (const [item] of gaveWay) expect(arrived).not.toContain(item);
  },
);
